"""The schedules in recipes: values that depend on the training step, counted from 0."""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_right
from itertools import pairwise
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, field_validator
from pydantic_core import PydanticCustomError

from bvtk.component import ScheduleSpec, register_schedule


@register_schedule("constant")
class Constant(ScheduleSpec):
    """The same value at every step; a bare number is short for it."""

    value: float = Field(examples=[4.0])
    """The value."""

    def value_at(self, step: int, training_steps: int) -> float:  # noqa: ARG002
        return self.value

    def bounds(self) -> tuple[float, float]:
        return (self.value, self.value)


class _Ramp(ScheduleSpec):
    start: float = 0.0
    """Value at step 0."""

    end: float = Field(examples=[4.0])
    """Value from step `steps` on."""

    steps: NonNegativeInt | None = None
    """Length in training steps (default: the whole training)."""

    def bounds(self) -> tuple[float, float]:
        return (min(self.start, self.end), max(self.start, self.end))

    def value_at(self, step: int, training_steps: int) -> float:
        length = training_steps if self.steps is None else self.steps
        progress = min(step / length, 1.0) if length > 0 else 1.0
        return between(self.start, self.end, self._fraction(progress, step, length))

    @abstractmethod
    def _fraction(self, progress: float, step: int, length: int) -> float:
        """Fraction of the way from start to end, at a progress from 0 to 1."""


@register_schedule("linear")
class Linear(_Ramp):
    """A straight line from start to end, then constant."""

    def _fraction(self, progress: float, step: int, length: int) -> float:  # noqa: ARG002
        return progress


@register_schedule("cosine")
class Cosine(_Ramp):
    """Half a cosine wave from start to end, then constant: smooth at both ends."""

    def _fraction(self, progress: float, step: int, length: int) -> float:  # noqa: ARG002
        return (1 - math.cos(math.pi * progress)) / 2


@register_schedule("sigmoid")
class Sigmoid(_Ramp):
    """An S-curve from start to end, then constant.

    Bowman et al. 2015 (1511.06349), section 3.1; stretched to reach both values exactly.
    """

    midpoint: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Position of the steepest point, as a fraction of the length."""

    slope: Annotated[float, Field(ge=0.1)] = 12.0
    """Steepness: nearly a straight line at 0.1, nearly a jump above 100."""

    def _fraction(self, progress: float, step: int, length: int) -> float:  # noqa: ARG002
        first, last = _logistic(-self.slope * self.midpoint), _logistic(self.slope * (1 - self.midpoint))
        return (_logistic(self.slope * (progress - self.midpoint)) - first) / (last - first)


@register_schedule("cyclical")
class Cyclical(_Ramp):
    """Several cycles, each a straight line from start to end and then a plateau.

    Fu et al. 2019 (1903.10145), equation 6: four cycles, each rising over its first half.
    """

    cycles: PositiveInt = 4
    """Number of cycles."""

    ramp: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Fraction of each cycle that is the line; the remainder is the plateau."""

    def _fraction(self, progress: float, step: int, length: int) -> float:
        if progress == 1 or self.ramp == 0:
            return 1.0
        return min((step * self.cycles) % length / length / self.ramp, 1.0)


@register_schedule("staircase")
class Staircase(ScheduleSpec):
    """Equal steps from start to end, up or down, then constant.

    Shao et al. 2020 (2004.06218), section 5: the target KL of ControlVAE rises by 0.15 every 5,000 steps.
    """

    start: float = 0.0
    """Value at step 0."""

    end: float = Field(examples=[4.0])
    """Last value."""

    rise: PositiveFloat = Field(examples=[0.5])
    """Height of each step; the last one may be smaller."""

    every: PositiveInt = Field(examples=[1000])
    """Number of training steps at each value."""

    def value_at(self, step: int, training_steps: int) -> float:  # noqa: ARG002
        climbed = min(self.rise * (step // self.every), abs(self.end - self.start))
        return self.start + math.copysign(climbed, self.end - self.start)

    def bounds(self) -> tuple[float, float]:
        return (min(self.start, self.end), max(self.start, self.end))


@register_schedule("piecewise")
class Piecewise(ScheduleSpec):
    """Straight lines between points; constant before the first and after the last."""

    points: tuple[tuple[NonNegativeInt, float], ...] = Field(
        json_schema_extra={"minItems": 1}, examples=[[[0, 0.0], [1000, 4.0]]]
    )
    """Pairs of step and value, such as `[[0, 0], [1000, 4]]`, in ascending order of the steps."""

    @field_validator("points")
    @classmethod
    def _ascending(cls, points: tuple[tuple[int, float], ...]) -> tuple[tuple[int, float], ...]:
        if not points:
            raise PydanticCustomError("points", "expected at least one pair of step and value")
        for (left, _), (right, _) in pairwise(points):
            if right <= left:
                message = "steps must be in ascending order, found {right} after {left}"
                raise PydanticCustomError("points", message, {"left": left, "right": right})
        return points

    def value_at(self, step: int, training_steps: int) -> float:  # noqa: ARG002
        after = bisect_right(self.points, step, key=lambda point: point[0])
        if after == 0:
            return self.points[0][1]
        if after == len(self.points):
            return self.points[-1][1]
        (left, start), (right, end) = self.points[after - 1], self.points[after]
        return between(start, end, (step - left) / (right - left))

    def bounds(self) -> tuple[float, float]:
        values = [value for _, value in self.points]
        return (min(values), max(values))


def between(start: float, end: float, fraction: float) -> float:
    """A value between two others: unlike start + (end − start)·f, exact at both ends."""
    return (1 - fraction) * start + fraction * end


def _logistic(x: float) -> float:
    # 1/(1 + exp(−x)), without overflow.
    return (1 + math.tanh(x / 2)) / 2
