"""Combines the values of several runs into one: mean, median, or the method of the β-VAE paper."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from bvtk.errors import UsageError
from bvtk.registry import did_you_mean

Aggregate = Literal["mean", "median", "paper"]

MEANINGS = {
    "mean": "Mean ± sample standard deviation over n runs.",
    "median": "Median ± half the interquartile range over n runs.",
    "paper": "As in the β-VAE paper: the scores of all classifiers of all n runs are pooled and the worse half is "
    "dropped; mean ± sample standard deviation of the rest. For other values, the better half of the runs.",
}
"""How the caption of a table explains its values."""


@dataclass(frozen=True)
class Summary:
    """The values of several runs, combined; the spread is None for a single value."""

    value: float
    spread: float | None
    values: tuple[float, ...]


def as_aggregate(text: str) -> Aggregate:
    """Checks the name of a way to combine values.

    Raises:
        UsageError: if there is no such way.
    """
    for known in get_args(Aggregate):
        if text == known:
            return known  # type: ignore[no-any-return]
    raise UsageError(f"unknown aggregate {text!r}, {did_you_mean(text, list(get_args(Aggregate)))}")


def aggregate(values: Sequence[float], how: Aggregate, better: int = 0, pooled: Sequence[float] = ()) -> Summary:
    """Combines the values of several runs.

    Args:
        values: one per run, at least one.
        better: 1 if higher is better, −1 if lower is, 0 if neither.
        pooled: the scores of every classifier of every run, which `paper` uses instead of the values of the runs.
    """
    return Summary(*_WAYS[how](values, better, pooled), tuple(values))


def _mean(values: Sequence[float], _better: int = 0, _pooled: Sequence[float] = ()) -> tuple[float, float | None]:
    return math.fsum(values) / len(values), statistics.stdev(values) if len(values) > 1 else None


def _median(values: Sequence[float], _better: int, _pooled: Sequence[float]) -> tuple[float, float | None]:
    if len(values) < 2:
        return values[0], None
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return middle, (upper - lower) / 2


def _paper(values: Sequence[float], better: int, pooled: Sequence[float]) -> tuple[float, float | None]:
    everything = sorted(pooled or values, key=lambda value: -better * value)
    kept = everything[: math.ceil(len(everything) / 2)] if better else everything
    return _mean(kept)


_WAYS: dict[Aggregate, Callable[[Sequence[float], int, Sequence[float]], tuple[float, float | None]]] = {
    "mean": _mean,
    "median": _median,
    "paper": _paper,
}
