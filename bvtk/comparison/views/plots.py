"""The plots of a comparison, each with a title and a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bvtk.comparison.contents.columns import KL, RECONSTRUCTION, better, heading
from bvtk.comparison.contents.keys import Key, known_keys
from bvtk.comparison.contents.rows import Row
from bvtk.comparison.contents.table import Table, aggregate, cell, summary_of
from bvtk.comparison.views import draw
from bvtk.comparison.views.axes import Axis, Choice
from bvtk.comparison.views.draw import Panel, Point
from bvtk.errors import UsageError
from bvtk.quantities import is_moderate
from bvtk.registry import did_you_mean


@dataclass(frozen=True)
class Plot:
    """A picture as PNG, with its name on the command line, a title, and a note on how to read it."""

    name: str
    title: str
    note: str
    png: bytes


def plots(table: Table) -> list[Plot]:
    """The plots of a table, which depend on what its rows differ in."""
    choice = Choice(table)
    return [_DRAWN[name](choice) for name in choice.plots]


def plot_named(table: Table, name: str) -> Plot:
    """One plot.

    Raises:
        UsageError: if the table has no such plot.
    """
    choice = Choice(table)
    if name not in choice.plots:
        raise UsageError(f"these rows have no plot {name!r}, {did_you_mean(name, choice.plots)}")
    return _DRAWN[name](choice)


def _curves(choice: Choice) -> Plot:
    axis = choice.along
    panels = _panels(choice, choice.lines(axis), axis)
    picture = draw.curves([panel for panel in panels if panel.lines], axis.title, axis.logarithmic)
    return Plot("curves", f"Over {axis.title}", _note("Thin lines show the spread between seeds.", panels), picture)


def _heat_map(choice: Choice) -> Plot:
    along = choice.along
    across = next(axis for axis in choice.numbers if axis is not along)
    by_value: dict[str, list[int]] = {}
    for row, value in enumerate(across.values):
        by_value.setdefault(repr(value), []).append(row)
    rows, columns = ((axis.title, sorted(set(axis.values))) for axis in (across, along))
    picture = draw.heat_map(_panels(choice, by_value, along), rows, columns)
    note = "Dark cells are high. Empty cells were not run."
    return Plot("heatmap", f"Over {across.title} and {along.title}", note, picture)


def _bars(choice: Choice) -> Plot:
    panels = _panels(choice, {row.label: [number] for number, row in enumerate(choice.table.rows)}, None)
    note = _note("Thin lines show the spread between seeds.", panels)
    return Plot("bars", "All rows", note, draw.bars(panels))


def _rate_distortion(choice: Choice) -> Plot:
    table, (axis, *_) = choice.table, choice.betas
    rate, distortion = (known_keys(table.runs)[key] for key in (KL, RECONSTRUCTION))
    lines: dict[str, list[tuple[Point, Point, str]]] = {}
    for label, rows in choice.lines(axis).items():
        for row in rows:
            pair = [summary_of(cell(table.rows[row], key, table.how)) for key in (rate, distortion)]
            x, y = ((0.0, found.value, found.spread) if found else None for found in pair)
            if x and y:
                lines.setdefault(label, []).append((x, y, f"{axis.title} = {axis.values[row]:.3g}"))
    note = "Reconstruction against KL, both in nats. Thin lines show the spread between seeds."
    return Plot("rate-distortion", "Rate and distortion", note, draw.rate_distortion(lines))


def _training(choice: Choice) -> Plot:
    table = choice.table
    panels = []
    for number in choice.with_curves:
        column = table.columns[number]
        lines = {row.label: points for row in table.rows if (points := curve_of(row, column.metric or ""))}
        panels.append(Panel(heading(column), lines, _chance(table, column)))
    note = _note("Scores during training, from a part of the images. Bands show the spread between seeds.", panels)
    return Plot("training", "Over training", note, draw.curves(panels, "steps", False, dense=True))


def curve_of(row: Row, metric: str) -> list[Point]:
    """Mean and spread over the runs of a row, at every step that all of its runs with a curve have reached."""
    curves = [
        {step: score for step, score in run.curves[metric] if is_moderate(step) and is_moderate(score)}
        for run in row.runs
        if metric in run.curves
    ]
    steps = sorted(set(curves[0]).intersection(*curves[1:])) if curves else []
    found = [(step, aggregate([curve[step] for curve in curves], "mean")) for step in steps]
    return [(float(step), summary.value, summary.spread) for step, summary in found]


def _panels(choice: Choice, lines: dict[str, list[int]], axis: Axis | None) -> list[Panel]:
    return [_panel(choice.table, number, lines, axis) for number in choice.drawable]


def _panel(table: Table, number: int, lines: dict[str, list[int]], axis: Axis | None) -> Panel:
    """The values of one column, one point per row; without an axis every point is at 0."""
    column = table.columns[number]
    measured: dict[str, list[Point]] = {}
    published: dict[str, list[Point]] = {}
    for label, rows in lines.items():
        for row in rows:
            x = axis.values[row] if axis else 0.0
            if summary := summary_of(table.values[row][number]):
                measured.setdefault(label, []).append((x, summary.value, summary.spread))
            if (known := table.published_of(table.rows[row], column)) and is_moderate(known[0]):
                published.setdefault(label, []).append((x, *known))
    title = heading(column) + (", lower is better" if better(column) < 0 else "")
    return Panel(title, measured, _chance(table, column), published)


def _note(first: str, panels: Sequence[Panel]) -> str:
    chance = any(panel.chance is not None for panel in panels)
    dotted = "Dotted lines show the score of chance." if chance else ""
    diamonds = "Diamonds are published values." if any(panel.published for panel in panels) else ""
    return " ".join(filter(None, (first, dotted, diamonds)))


def _chance(table: Table, column: Key) -> float | None:
    """The score of chance, if it is known and the same for every run."""
    if column.metric is None:
        return None
    first, *others = [run.scores[column.metric].get("chance") for run in table.runs if column.metric in run.scores]
    return float(first) if is_moderate(first) and all(other == first for other in others) else None


_DRAWN: dict[str, Callable[[Choice], Plot]] = {
    "heatmap": _heat_map,
    "curves": _curves,
    "bars": _bars,
    "rate-distortion": _rate_distortion,
    "training": _training,
}
