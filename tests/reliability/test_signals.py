"""Asked to stop at any moment of any stage: within seconds, with the exit code of the signal, and nothing is lost."""

from __future__ import annotations

import random
import re
import signal

import pytest

from tests.reliability.conftest import Ground
from tests.reliability.ground import newest_whole, saved_by

CODES = {"int": 130, "term": 143}
LIMIT = 5.0


@pytest.mark.parametrize("recipe", ["squares", "pictures"])
def test_at_operations_of_every_stage(ground: Ground, recipe: str) -> None:
    trace = ground.straight("run", recipe).trace
    draw = random.Random(2)
    chosen = {ground.fresh(): (at, draw.choice(list(CODES))) for at in draw.sample(range(len(trace) - 2), 10)}
    orders = [ground.order("run", recipe, out, at=at, fault=fault) for out, (at, fault) in chosen.items()]
    for (out, (at, fault)), ending in zip(chosen.items(), ground.run(*orders), strict=True):
        assert ending.code == CODES[fault], (trace[at], ending.said)
        assert "the same command resumes" in ending.said
        newest = newest_whole(ground.out(out))
        assert newest >= saved_by(trace, at)
        if stopped := re.search(r"stopped at step (\d) of 6, after a checkpoint", ending.said):
            assert newest == int(stopped[1])
    ground.must_finish("run", recipe, list(chosen))


def test_in_training_costs_no_step(ground: Ground) -> None:
    """While a step is logged, two after a checkpoint: a checkpoint of that very step is there before the end."""
    trace = ground.straight("train", "squares").trace
    logged = [at for at, (what, path) in enumerate(trace) if what == "write" and path.endswith("metrics.jsonl")]
    outs = {ground.fresh(): step for step in (1, 3, 5)}
    orders = [ground.order("train", "squares", out, at=logged[step - 1], fault="term") for out, step in outs.items()]
    for (out, step), ending in zip(outs.items(), ground.run(*orders), strict=True):
        assert ending.code == CODES["term"]
        assert f"stopped at step {step} of 6, after a checkpoint" in ending.said
        assert newest_whole(ground.out(out)) == step
    ground.must_finish("train", "squares", list(outs))


def test_to_the_process_group_at_random_moments(ground: Ground) -> None:
    """As Ctrl-C in a terminal does: the command line, and whatever it has started, get the signal at once."""
    straight = ground.straight("run", "squares")
    (whole,) = ground.run(ground.order("run", "squares", ground.fresh(), by_cli=True))
    draw = random.Random(3)
    outs = {ground.fresh(): draw.choice((signal.SIGINT, signal.SIGTERM)) for _ in range(8)}
    delays = [whole.seconds * (0.2 + 0.6 * draw.random()) for _ in outs]
    orders = [
        ground.order("run", "squares", out, delay=delay, signum=number, by_cli=True)
        for (out, number), delay in zip(outs.items(), delays, strict=True)
    ]
    endings = ground.run(*orders)
    for number, ending in zip(outs.values(), endings, strict=True):
        early = -signal.SIGTERM if number == signal.SIGTERM else 128 + signal.SIGINT  # before bvtk listens
        assert ending.code in (0, 128 + number, early), ending.said
        assert "Traceback" not in ending.said
        assert ending.seconds < LIMIT
    assert any(ending.code == 128 + number for number, ending in zip(outs.values(), endings, strict=True))
    assert straight.contents
    ground.must_finish("run", "squares", list(outs))
