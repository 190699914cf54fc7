"""Schedules: values as pure functions of the training step.

Steps count from 0. A schedule of length `steps` has its last value from step `steps` on; with length 0, from the start.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence


def constant(step: int, *, value: float) -> float:  # noqa: ARG001
    """The same value at every step."""
    return value


def linear(step: int, *, start: float, end: float, steps: int) -> float:
    """A straight line from `start` to `end`."""
    return _between(start, end, _progress(step, steps))


def cosine(step: int, *, start: float, end: float, steps: int) -> float:
    """Half a cosine wave from `start` to `end`: flat at both ends, steepest in the middle."""
    return _between(start, end, (1 - math.cos(math.pi * _progress(step, steps))) / 2)


def sigmoid(step: int, *, start: float, end: float, steps: int, midpoint: float, slope: float) -> float:
    """A logistic curve, stretched to reach `start` and `end` exactly.

    Bowman et al. 2015 (1511.06349), section 3.1.

    Args:
        step: the training step.
        start: value at step 0.
        end: value from step `steps` on.
        steps: length.
        midpoint: position of the steepest point, as a fraction of the length, between 0 and 1.
        slope: steepness; a large value is nearly a jump at the midpoint.
    """
    first, last = _logistic(-slope * midpoint), _logistic(slope * (1 - midpoint))
    value = _logistic(slope * (_progress(step, steps) - midpoint))
    return _between(start, end, (value - first) / (last - first))


def cyclical(step: int, *, start: float, end: float, steps: int, cycles: int, ramp: float) -> float:
    """Several ramps from `start` to `end`, each followed by a plateau at `end`.

    Fu et al. 2019 (1903.10145), equation 6.

    Args:
        step: the training step.
        start: value at the beginning of each cycle.
        end: value on the plateaus, and from step `steps` on.
        steps: length of all cycles together.
        cycles: number of cycles.
        ramp: fraction of each cycle that is the ramp; the remainder is the plateau.
    """
    if step >= steps or ramp == 0:
        return end
    position = (step * cycles) % steps / steps
    return _between(start, end, min(position / ramp, 1.0))


def staircase(step: int, *, start: float, end: float, rise: float, every: int) -> float:
    """Equal steps from `start` to `end`, up or down, then constant.

    Args:
        step: the training step.
        start: value at step 0.
        end: last value.
        rise: height of each step.
        every: number of training steps at each value.
    """
    climbed = min(rise * (step // every), abs(end - start))
    return start + math.copysign(climbed, end - start)


def piecewise(step: int, *, points: Sequence[tuple[int, float]]) -> float:
    """Straight lines between points; constant before the first and after the last.

    Args:
        step: the training step.
        points: pairs of step and value, the steps strictly ascending.
    """
    after = bisect_right(points, step, key=lambda point: point[0])
    if after == 0:
        return points[0][1]
    if after == len(points):
        return points[-1][1]
    (left, start), (right, end) = points[after - 1], points[after]
    return _between(start, end, (step - left) / (right - left))


def _progress(step: int, steps: int) -> float:
    return min(step / steps, 1.0) if steps > 0 else 1.0


def _between(start: float, end: float, fraction: float) -> float:
    # Exact at both ends, unlike start + (end − start)·f.
    return (1 - fraction) * start + fraction * end


def _logistic(x: float) -> float:
    # 1/(1 + exp(−x)), without overflow.
    return (1 + math.tanh(x / 2)) / 2
