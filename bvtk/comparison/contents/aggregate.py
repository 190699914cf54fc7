"""From the figures of several seeds to one: a mean, a median, or the paper's own reckoning."""

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
    "paper": "As in the β-VAE paper: the scores of all classifiers of all n runs together, the worse half dropped, "
    "mean ± sample standard deviation of the rest; of other figures the better half of the runs.",
}
"""What a table's caption says of its figures."""


@dataclass(frozen=True)
class Figure:
    """One figure of a row.

    Args:
        value: over all runs of the row.
        spread: between them; None where fewer than two figures make it.
        values: one a run, in the order of the runs.
    """

    value: float
    spread: float | None
    values: tuple[float, ...]


def as_aggregate(text: str) -> Aggregate:
    """Checks how figures are to be put together.

    Raises:
        UsageError: where there is no such way.
    """
    for known in get_args(Aggregate):
        if text == known:
            return known  # type: ignore[no-any-return]
    raise UsageError(f"unknown aggregate {text!r}, {did_you_mean(text, list(get_args(Aggregate)))}")


def aggregate(values: Sequence[float], how: Aggregate, better: int = 0, pooled: Sequence[float] = ()) -> Figure:
    """One figure of those of several runs.

    Args:
        values: one a run, at least one.
        how: `mean`, `median` or `paper`.
        better: 1 where higher is better, −1 where lower is, 0 where neither.
        pooled: the scores of every classifier of every run, for `paper`; the runs' own values without them.
    """
    return Figure(*_WAYS[how](values, better, pooled), tuple(values))


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
