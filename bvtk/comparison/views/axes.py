"""What the rows of a comparison differ in, which decides the plots that show them.

| rows differ in | plot |
|---|---|
| one number | `curves`: every column over it, a line for each combination of the other settings |
| two numbers | `heatmap`: a cell for each pair; and `curves` over the second, a line for each value of the first |
| anything else | `bars` |
| β, if the runs have a KL and a reconstruction | `rate-distortion` |
| anything, if scores were measured during training | `training` |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bvtk.comparison.contents.columns import BETAS, KL, RECONSTRUCTION
from bvtk.comparison.contents.keys import Key, known_keys, text_of
from bvtk.comparison.contents.rows import Row, shortened
from bvtk.comparison.contents.table import Table, summary_of
from bvtk.quantities import is_moderate

MOST_LINES = 18
"""The most lines in one panel: more can't be told apart."""


@dataclass(frozen=True)
class Axis:
    """A numeric key that rows differ in, its shortest unique end, and its value in each row."""

    key: str
    name: str
    values: tuple[float, ...]

    @property
    def title(self) -> str:
        """The label of the axis."""
        return "β_norm" if self.key == "beta_norm" else "β" if self.key in BETAS else self.name

    @property
    def logarithmic(self) -> bool:
        """Whether it is drawn on a logarithmic scale: β, and values over more than two decades."""
        smallest, largest = min(self.values), max(self.values)
        return smallest > 0 and (self.key in BETAS or largest > 100 * smallest)


@dataclass(frozen=True)
class Choice:
    """What the rows of a table differ in, and the plots that show it."""

    table: Table

    @cached_property
    def numbers(self) -> list[Axis]:
        """The keys that rows differ in and whose value is a number in every row."""
        known = known_keys(self.table.runs)
        values = {key: [_value(row, key, known) for row in self.table.rows] for key in self._names}
        numeric = [key for key in values if all(map(is_moderate, values[key])) and len(set(values[key])) > 1]
        return [Axis(key, self._names[key], tuple(map(float, values[key]))) for key in numeric]

    @cached_property
    def words(self) -> list[str]:
        """The other settings that rows differ in, one text per row; all empty if there are none."""
        rows, numeric = self.table.rows, {axis.key for axis in self.numbers}
        named = len({row.name for row in rows}) > 1
        others = {key: name for key, name in self._names.items() if key not in numeric}
        texts = []
        for row in rows:
            settings = [f"{name}={text_of(row.settings.get(key))}" for key, name in others.items()]
            texts.append(", ".join([row.name, *settings] if named and row.name else settings))
        return texts

    @cached_property
    def _names(self) -> dict[str, str]:
        """The keys that rows differ in, with their shortest unique ends."""
        keys = dict.fromkeys(key for row in self.table.rows for key in row.settings)
        return {".".join(path): end for path, end in shortened([tuple(key.split(".")) for key in keys]).items()}

    def lines(self, along: Axis) -> dict[str, list[int]]:
        """The rows of each line along an axis, in the order of the axis, by the settings that they share."""
        found: dict[str, list[int]] = {}
        for row, word in enumerate(self.words):
            rest = [f"{other.title}={other.values[row]:g}" for other in self.numbers if other is not along]
            found.setdefault(", ".join([word, *rest] if word else rest), []).append(row)
        return {label: sorted(rows, key=lambda row: along.values[row]) for label, rows in found.items()}

    @cached_property
    def drawable(self) -> list[int]:
        """The numbers of the columns that can be drawn: scores, not values from recipes."""
        scores = [n for n, column in enumerate(self.table.columns) if column.kind == "score"]
        return [n for n in scores if any(summary_of(line[n]) for line in self.table.values)]

    @property
    def along(self) -> Axis:
        """The axis of the curves: the one with the most values, or the later one of two with equally many."""
        return max(reversed(self.numbers), key=lambda axis: len(set(axis.values)))

    @cached_property
    def betas(self) -> list[Axis]:
        """β, if every row has a number for it and rows differ in it."""
        return [axis for axis in self.numbers if axis.key in BETAS][:1]

    @cached_property
    def with_curves(self) -> list[int]:
        """The numbers of the columns whose scores were measured during training."""
        columns = enumerate(self.table.columns)
        return [n for n, c in columns if c.metric and any(c.metric in run.curves for run in self.table.runs)]

    @property
    def plots(self) -> list[str]:
        """The names of the plots, the most informative one first."""
        rows, drawable = self.table.rows, bool(self.drawable)
        pairs = len(self.numbers) == 2 and not any(self.words)
        curves = drawable and (len(self.numbers) == 1 or pairs) and len(self.lines(self.along)) <= MOST_LINES
        rules = {
            "heatmap": pairs and drawable,
            "curves": curves,
            "bars": len(rows) > 1 and drawable and not curves and not pairs,
            "rate-distortion": bool(self.betas) and {KL, RECONSTRUCTION} <= known_keys(self.table.runs).keys(),
            "training": bool(self.with_curves) and len(rows) <= MOST_LINES,
        }
        return [name for name, fits in rules.items() if fits]


def _value(row: Row, key: str, known: Mapping[str, Key]) -> Any:
    return row.settings[key] if key in row.settings else known[key].of(row.runs[0]) if key in known else None
