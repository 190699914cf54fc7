"""Combines the values of several runs into one: mean, median, or the method of the β-VAE paper."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

MEANINGS = {
    "mean": "Mean ± sample standard deviation over n runs.",
    "median": "Median ± half the interquartile range over n runs.",
    "paper": "As in the β-VAE paper: the scores of all classifiers of all n runs are pooled and the worse half is "
    "dropped; mean ± sample standard deviation of the rest. For other values, the better half of the runs.",
}
"""The ways to combine values, and how the caption of a table explains them."""


@dataclass(frozen=True)
class Summary:
    """The values of several runs, combined; the spread is None for a single value."""

    value: float
    spread: float | None
    values: tuple[float, ...]


def aggregate(values: Sequence[float], how: str, better: int = 0, pooled: Sequence[float] = ()) -> Summary:
    """Combines the values of several runs.

    Args:
        values: one per run, at least one.
        how: one of `MEANINGS`.
        better: 1 if higher is better, −1 if lower is, 0 if neither.
        pooled: the scores of every classifier of every run, which `paper` uses instead of the values of the runs.
    """
    if how == "median" and len(values) > 1:
        lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
        return Summary(middle, (upper - lower) / 2, tuple(values))
    kept = values
    if how == "paper":
        ranked = sorted(pooled or values, key=lambda value: -better * value)
        kept = ranked[: math.ceil(len(ranked) / 2)] if better else ranked
    return Summary(math.fsum(kept) / len(kept), statistics.stdev(kept) if len(kept) > 1 else None, tuple(values))
