"""Killed at any operation on a file, by a signal that can't be caught or by the power: nothing is lost but an interval.

After each kill there is the checkpoint that was saved last, whole, and the same command ends with the very bytes of a
run that was left alone, and with no file beside them.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Sequence

import pytest

from tests.reliability.conftest import Case, Ground

DEATHS = ("kill", "cut", "cut_names")


def survive(ground: Ground, cases: Sequence[Case]) -> None:
    for case, ending in zip(cases, ground.suffer(cases), strict=True):
        assert ending.code == -signal.SIGKILL, (case, ending.said)
    ground.must_finish(cases)


def saving(trace: list[list[str]]) -> list[int]:
    """The operations of the second save, and of what is removed after the third."""
    synced = [at for at, (what, path) in enumerate(trace) if what == "fsync" and path.endswith("/checkpoints")]
    last = max(at for at, (what, path) in enumerate(trace) if what == "unlink" and "/step-2" in path)
    return [*range(synced[-3] + 1, synced[-2] + 1), *range(synced[-1], last + 2)]


@pytest.mark.parametrize("fault", DEATHS)
def test_every_operation_of_a_save(ground: Ground, fault: str) -> None:
    operations = saving(ground.straight("train", "squares").trace)
    if fault != "kill":  # a power cut at every other one, each of both forms at its own half
        operations = operations[DEATHS.index(fault) % 2 :: 2]
    survive(ground, [ground.case("train", "squares", at, fault) for at in operations])


def test_operations_of_every_stage(ground: Ground) -> None:
    """Some of each: preparing data, training, evaluating, exporting, reporting."""
    survive(ground, ground.cases(random.Random(0), DEATHS, 4))


@pytest.mark.soak
def test_200_operations_of_every_stage(ground: Ground) -> None:
    survive(ground, ground.cases(random.Random(1), DEATHS, 80))


@pytest.mark.soak
@pytest.mark.parametrize("fault", DEATHS)
def test_every_operation_of_a_run(ground: Ground, fault: str) -> None:
    operations = range(len(ground.straight("export", "squares").trace))
    survive(ground, [ground.case("export", "squares", at, fault) for at in operations])


@pytest.mark.soak
def test_200_random_moments(ground: Ground) -> None:
    """By the clock instead of by operations: in the midst of a step, of a metric, of a figure."""
    (whole,) = ground.run(ground.order("run", "squares", ground.fresh()))
    draw = random.Random(2)
    cases = [ground.case("run", "squares", 0, "") for _ in range(200)]
    orders = [ground.order("run", "squares", case.out, delay=whole.seconds * draw.random()) for case in cases]
    for ending in ground.run(*orders):
        assert ending.code in (0, -signal.SIGKILL), ending.said
    ground.must_finish(cases, "kills at a random moment survived")
