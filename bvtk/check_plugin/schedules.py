"""Checks of schedules."""

from __future__ import annotations

import math

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import TRAINING_STEPS
from bvtk.component import ScheduleSpec


def check_schedule(report: Report, spec: ScheduleSpec) -> None:
    """Checks a schedule at every step of a training and after it."""
    if report.holds("is finite and within its bounds at every step", _check_values, spec):
        report.holds("depends only on the step", _check_purity, spec)


def _check_values(spec: ScheduleSpec) -> None:
    low, high = spec.bounds()
    require(low <= high, f"bounds() returned ({low:g}, {high:g}), expected the lower one first")
    for length in (1, TRAINING_STEPS):
        value = spec.build(length)
        for step in [*range(length), length, 10 * length]:
            found = value(step)
            require(isinstance(found, int | float), f"returned {type(found).__name__} at step {step}, expected a float")
            require(math.isfinite(found), f"returned {found} at step {step}")
            slack = 1e-9 * max(1.0, abs(found))
            inside = low - slack <= found <= high + slack
            require(inside, f"returned {found:g} at step {step}, expected {low:g} to {high:g} as in bounds()")


def _check_purity(spec: ScheduleSpec) -> None:
    steps = range(TRAINING_STEPS)
    value, again = spec.build(TRAINING_STEPS), spec.build(TRAINING_STEPS)
    forwards = [value(step) for step in steps]
    backwards = [again(step) for step in reversed(steps)][::-1]
    differing = [step for step in steps if forwards[step] != backwards[step]]
    require(not differing, f"its value at {len(differing)} of {TRAINING_STEPS} steps depends on previous calls")
