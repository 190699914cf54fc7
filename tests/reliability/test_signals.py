"""Asked to stop at any moment of any stage: within seconds, with the exit code of the signal, and nothing is lost."""

from __future__ import annotations

import math
import random
import re
import signal

import pytest

from tests.reliability.conftest import TALLY, Ground
from tests.reliability.ground import newest_whole, run_of

CODES = {"int": 130, "term": 143}
LIMIT = 5.0
"""Seconds from a signal to the end, on a machine that has nothing else to do: the long form alone holds it."""


def stop_at_operations(ground: Ground, seed: int, each: int) -> None:
    cases = ground.cases(random.Random(seed), list(CODES), each)
    for case, ending in zip(cases, ground.suffer(cases), strict=True):
        assert ending.code == CODES[case.fault], (case, ending.said)
        assert "run the same command again to resume" in ending.said
        if stopped := re.search(r"stopped at step (\d) of 6, after a checkpoint", ending.said):
            assert newest_whole(ground.out(case.out)) == int(stopped[1])
    ground.must_finish(cases)


def stop_at_moments(ground: Ground, seed: int, count: int, limit: float = math.inf) -> None:
    """The signal goes to the process group, as Ctrl-C in a terminal does: what bvtk started gets it too."""
    (whole,) = ground.run(ground.order("run", "squares", ground.fresh(), by_cli=True))
    draw = random.Random(seed)
    cases = [ground.case("run", "squares", 0, draw.choice(list(CODES))) for _ in range(count)]
    number = {"int": signal.SIGINT, "term": signal.SIGTERM}
    orders = [
        ground.order(
            "run",
            "squares",
            case.out,
            delay=whole.seconds * (0.1 + 0.8 * draw.random()),
            signum=number[case.fault],
            by_cli=True,
        )
        for case in cases
    ]
    endings = ground.run(*orders)
    for case, ending in zip(cases, endings, strict=True):
        before_bvtk_listens = -signal.SIGTERM if case.fault == "term" else CODES["int"]
        done = [0] if ending.code == 0 and (run_of(ground.out(case.out)) / "report.html").is_file() else []
        assert ending.code in (CODES[case.fault], before_bvtk_listens, *done), (case, ending.said)
        assert "Traceback" not in ending.said
        assert ending.seconds < limit
    TALLY["seconds at most from signal to end"] = max(
        TALLY["seconds at most from signal to end"], math.ceil(max(ending.seconds for ending in endings))
    )
    ground.must_finish(cases, "signals at a random moment survived")


def test_at_operations_of_every_stage(ground: Ground) -> None:
    stop_at_operations(ground, 7, 4)


def test_to_the_process_group_at_random_moments(ground: Ground) -> None:
    stop_at_moments(ground, 8, 4)


@pytest.mark.soak
def test_at_200_operations_and_moments(ground: Ground) -> None:
    stop_at_operations(ground, 9, 40)
    stop_at_moments(ground, 10, 100, LIMIT)


def test_in_training_costs_no_step(ground: Ground) -> None:
    """While a step is logged: a checkpoint of that very step is there before the end."""
    trace = ground.straight("train", "squares").trace
    logged = [at for at, (what, path) in enumerate(trace) if what == "write" and path.endswith("metrics.jsonl")]
    cases = {step: ground.case("train", "squares", logged[step - 1], "term") for step in (1, 3, 5)}
    for (step, case), ending in zip(cases.items(), ground.suffer(list(cases.values())), strict=True):
        assert ending.code == CODES["term"]
        assert f"stopped at step {step} of 6, after a checkpoint" in ending.said
        assert newest_whole(ground.out(case.out)) == step
    ground.must_finish(list(cases.values()))
