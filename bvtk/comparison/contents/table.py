"""The table of a comparison: the value of every row and column, and which of them are best."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from bvtk.comparison.contents.columns import better
from bvtk.comparison.contents.keys import Key, Measured, find_key, text_of
from bvtk.comparison.contents.rows import Row
from bvtk.quantities import is_moderate
from bvtk.recipe.sweep_schema import Published

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


Cell = Summary | str | None
"""The value of a row and column: a number, a word from recipes or an absurd number, or None if there is no value."""


@dataclass(frozen=True)
class Table:
    """Runs in rows, and what is compared in columns.

    Args:
        how: how the values of several runs are combined.
        published: values from the literature.
        left_out: which runs are not in the table, and why.
        warnings: what else a reader should know.
    """

    rows: tuple[Row, ...]
    columns: tuple[Key, ...]
    how: str = "mean"
    published: Published | None = None
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def runs(self) -> list[Measured]:
        """Every run, row by row."""
        return [run for row in self.rows for run in row.runs]

    @cached_property
    def values(self) -> list[list[Cell]]:
        """The cells, one list per row."""
        return [[cell(row, column, self.how) for column in self.columns] for row in self.rows]

    @cached_property
    def best(self) -> list[list[bool]]:
        """Which cells are the best of their column, if higher or lower is better and the rows differ."""
        columns = [self._best_of(number) for number in range(len(self.columns))]
        return [[column[row] for column in columns] for row in range(len(self.rows))]

    def published_of(self, row: Row, column: Key) -> tuple[float, float | None] | None:
        """The published value of a cell, by the label of the row, or by its name if no other row has the same name."""
        found = (self.published.scores if self.published else {}).get(column.text, {})
        if row.label in found:
            return found[row.label]
        alone = sum(other.name == row.name for other in self.rows) == 1
        return found.get(row.name) if alone else None

    def has_published(self, column: Key) -> bool:
        """Whether any row has a published value in a column."""
        return any(self.published_of(row, column) for row in self.rows)

    def sorted(self, text: str) -> Self:
        """The table with its rows sorted by a key, the best first, or the smallest if neither end is better.

        Raises:
            UsageError: if no run has the key.
        """
        key = find_key(text, self.runs)
        sign = -1 if better(key) > 0 else 1
        ranked = sorted(self.rows, key=lambda row: _rank(cell(row, key, self.how), sign))
        return replace(self, rows=tuple(ranked))

    def _best_of(self, column: int) -> list[bool]:
        direction = better(self.columns[column])
        summaries = [summary_of(line[column]) for line in self.values]
        values = [direction * summary.value for summary in summaries if summary]
        if not direction or len(set(values)) < 2:
            return [False] * len(summaries)
        return [summary is not None and direction * summary.value == max(values) for summary in summaries]


def cell(row: Row, column: Key, how: str) -> Cell:
    """The value of a row in a column."""
    found = [value for run in row.runs if (value := column.of(run)) is not None]
    if not found:
        return None
    if column.kind == "recipe" or not all(is_moderate(value) for value in found):
        return ", ".join(dict.fromkeys(text_of(value) for value in found))
    return aggregate([float(value) for value in found], how, better(column), _pooled(row, column))


def summary_of(found: Cell) -> Summary | None:
    """The number of a cell; None if it has none."""
    return found if isinstance(found, Summary) else None


def _pooled(row: Row, column: Key) -> Sequence[float]:
    """The scores of every classifier of every run, if the metric lists them for each run."""
    if column.metric is None:
        return ()
    measured = [run.scores[column.metric] for run in row.runs if column.metric in run.scores]
    if not all(isinstance(parts.get("scores"), list) for parts in measured):
        return ()
    scores = [value for parts in measured for value in parts["scores"]]
    return [float(value) for value in scores] if all(map(is_moderate, scores)) else ()


def _rank(found: Cell, sign: int) -> tuple[int, float, str]:
    """Numbers by size, texts that are numbers among them, then words by their letters, then nothing."""
    value = found.value if isinstance(found, Summary) else found
    if value is None:
        return (2, 0.0, "")
    try:
        return (0, sign * float(value), "")
    except ValueError:
        return (1, 0.0, str(value))
