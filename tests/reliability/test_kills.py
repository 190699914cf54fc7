"""Killed at any operation on a file, by a signal that can't be caught or by the power: nothing is lost but an interval.

After each kill there is the checkpoint that was saved last, whole, and the same command ends with the very bytes of a
run that was left alone, and with no file beside them.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from tests.reliability.conftest import Ground
from tests.reliability.ground import newest_whole, saved_by

KILLED = -9
DEATHS = ("kill", "cut", "cut_names")


def survive(ground: Ground, verb: str, recipe: str, deaths: Iterable[tuple[int, str]]) -> None:
    trace = ground.straight(verb, recipe).trace
    chosen = {ground.fresh(): death for death in deaths}
    orders = [ground.order(verb, recipe, out, at=at, fault=fault) for out, (at, fault) in chosen.items()]
    for (out, (at, fault)), ending in zip(chosen.items(), ground.run(*orders), strict=True):
        assert ending.code == KILLED, (at, fault, ending.said)
        assert newest_whole(ground.out(out)) >= saved_by(trace, at), (at, fault, trace[at])
    ground.must_finish(verb, recipe, list(chosen))


def saves(trace: list[list[str]]) -> list[int]:
    """The operations of the second save and of the pruning after the third."""
    synced = [at for at, (what, path) in enumerate(trace) if what == "fsync" and path.endswith("/checkpoints")]
    last = max(at for at, (what, path) in enumerate(trace) if what == "unlink" and "/step-2" in path)
    return [*range(synced[-3] + 1, synced[-2] + 1), *range(synced[-1], last + 2)]


@pytest.mark.parametrize("fault", DEATHS)
def test_every_operation_of_a_save(ground: Ground, fault: str) -> None:
    trace = ground.straight("train", "squares").trace
    survive(ground, "train", "squares", [(at, fault) for at in saves(trace)])


@pytest.mark.parametrize("recipe", ["squares", "pictures"])
def test_operations_of_every_stage(ground: Ground, recipe: str) -> None:
    """A few of each stage: preparing data, training, evaluating, exporting, reporting."""
    trace = ground.straight("run", recipe).trace
    draw = random.Random(0)
    survive(ground, "run", recipe, [(at, draw.choice(DEATHS)) for at in draw.sample(range(len(trace)), 12)])
