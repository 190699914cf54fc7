"""Draws the plots of comparisons from plain numbers: one panel for each column."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bvtk.pages.drawing import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    SERIES,
    FixedLocator,
    FuncFormatter,
    Line2D,
    MaxNLocator,
    NullLocator,
    label,
    new_figure,
    plain,
    png,
    with_defaults,
)
from bvtk.pages.drawing import Axes as Plot
from bvtk.quantities import fixed

Dash = Literal["-", "--", ":"]
Style = tuple[str, Dash]
"""Colour and dash of a line."""

WIDTH = 8.0
"""In inches. On a page 800 pixels wide, a point is more than a pixel."""
_SIZE = 8.5
_DASHES: tuple[Dash, ...] = ("-", "--", ":")
_LONGEST = 44
_TICKS = 9

Point = tuple[float, float, float | None]
"""Position on the axis, value, and spread."""


@dataclass(frozen=True)
class Panel:
    """One column of a comparison: its points by label, the score of chance, and values from the literature by label."""

    title: str
    lines: Mapping[str, Sequence[Point]]
    chance: float | None = None
    published: Mapping[str, Sequence[Point]] | None = None


@with_defaults
def curves(panels: Sequence[Panel], axis: str, logarithmic: bool, dense: bool = False) -> bytes:
    """Values over a number, with their spread: bars, or a band if the points are too dense to mark each one."""
    styles = _styles(_labels(panels))

    def draw(plot: Plot, panel: Panel) -> None:
        if logarithmic:
            plot.set_xscale("log")
        for name, points in panel.lines.items():
            (_band if dense else _line)(plot, points, *styles[name])
        for name, points in (panel.published or {}).items():
            x, y, _ = zip(*points, strict=True)
            plot.plot(x, y, "D", color=styles[name][0], markerfacecolor="white", markersize=5)
        _mark(plot, sorted({x for points in panel.lines.values() for x, *_ in points}) if not dense else [])
        _chance(plot, panel.chance)
        plot.set_xlabel(plain(axis, _LONGEST), size=_SIZE, color=MUTED, loc="right")

    lines = [Line2D([], [], color=c, linestyle=d, linewidth=1.6, label=name) for name, (c, d) in styles.items()]
    return _panels(panels, draw, 2.7, lines if len(lines) > 1 else [])


@with_defaults
def heat_map(panels: Sequence[Panel], rows: tuple[str, Sequence[float]], columns: tuple[str, Sequence[float]]) -> bytes:
    """Values over two numbers, each with its label; rows go from the bottom up, columns from left to right.

    Panels have one line per row, by the row's number as text, and points by the column's number.
    """

    def draw(plot: Plot, panel: Panel) -> None:
        grid = np.full((len(rows[1]), len(columns[1])), np.nan)
        for name, points in panel.lines.items():
            for x, y, _ in points:
                grid[list(rows[1]).index(float(name)), list(columns[1]).index(x)] = y
        _cells(plot, grid)
        plot.set_xticks(np.arange(len(columns[1])) + 0.5, [f"{value:.4g}" for value in columns[1]])
        plot.set_yticks(np.arange(len(rows[1])) + 0.5, [f"{value:.4g}" for value in rows[1]])
        plot.set_xlabel(plain(columns[0], _LONGEST), size=_SIZE, color=MUTED, loc="right")
        plot.set_ylabel(plain(rows[0], _LONGEST), size=_SIZE, color=MUTED, loc="top")

    return _panels(panels, draw, max(2.2, 0.6 + 0.34 * len(rows[1])))


@with_defaults
def bars(panels: Sequence[Panel]) -> bytes:
    """One bar per row with its spread, and a diamond for each published value."""
    labels = _labels(panels)

    def draw(plot: Plot, panel: Panel) -> None:
        for place, name in enumerate(labels):
            if name not in panel.lines:
                plot.annotate("–", (0, place), (5, 0), textcoords="offset points", va="center", size=_SIZE, color=MUTED)
            for _, y, spread in panel.lines.get(name, ()):
                error = {"ecolor": INK, "elinewidth": 1.0, "capsize": 2.5}
                plot.barh(place, y, height=0.6, color=ACCENT, xerr=spread or None, error_kw=error)
            for _, y, _ in (panel.published or {}).get(name, ()):
                plot.plot(y, place, "D", color=SERIES[1], markeredgecolor="white", markersize=6)
        plot.set_ylim(len(labels) - 0.5, -0.5)
        plot.set_yticks(range(len(labels)), [plain(name, 30) for name in labels])
        plot.grid(visible=False, axis="y")
        plot.margins(x=0.04)
        if panel.chance is not None:
            plot.axvline(panel.chance, color=MUTED, linewidth=1.0, linestyle=":")

    diamond = Line2D([], [], color=SERIES[1], marker="D", linestyle="", label="published")
    return _panels(panels, draw, 0.7 + 0.28 * len(labels), [diamond] if any(p.published for p in panels) else [])


@with_defaults
def rate_distortion(lines: Mapping[str, Sequence[tuple[Point, Point, str]]]) -> bytes:
    """Reconstruction against KL, with a text at each point.

    Args:
        lines: by label, for each point its rate and its distortion, each as (–, value, spread), and its text.
    """
    figure = new_figure(WIDTH, 4.6)
    plot = figure.add_subplot()
    styles = _styles(list(lines))
    for name, points in lines.items():
        colour, dash = styles[name]
        x, y = [rate[1] for rate, _, _ in points], [distortion[1] for _, distortion, _ in points]
        plot.errorbar(
            x, y, xerr=_errors([rate for rate, _, _ in points]), yerr=_errors([d for _, d, _ in points]),
            color=colour, linestyle=dash, marker="o", markersize=4, linewidth=1.4, elinewidth=0.9,
            label=plain(name, _LONGEST),
        )  # fmt: skip
        for rate, distortion, text in points:
            place = (rate[1], distortion[1])
            plot.annotate(plain(text), place, (5, 5), textcoords="offset points", size=_SIZE, color=INK)
    label(plot, "Rate and distortion")
    plot.set_xlabel("KL in nats per image", size=_SIZE, color=MUTED, loc="right")
    plot.set_ylabel("reconstruction in nats per image", size=_SIZE, color=MUTED, loc="top")
    plot.margins(0.08)
    if len(lines) > 1:
        plot.legend(frameon=False, fontsize=_SIZE, labelcolor=INK)
    return png(figure)


def _panels(
    panels: Sequence[Panel],
    draw: Callable[[Plot, Panel], None],
    height: float,
    handles: Sequence[Line2D] = (),
) -> bytes:
    """A figure of panels in two columns, with one legend for all of them."""
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = new_figure(WIDTH, rows * height + 0.2 * math.ceil(len(handles) / 2))
    for place, panel in enumerate(panels):
        plot = figure.add_subplot(rows, columns, place + 1)
        label(plot, "")
        draw(plot, panel)
        plot.set_title(plain(panel.title, _LONGEST), size=9.5, color=INK, loc="left", weight="bold")
    if handles:
        names = [plain(str(handle.get_label()), _LONGEST) for handle in handles]
        figure.legend(handles, names, loc="outside lower left", ncols=2, frameon=False, fontsize=_SIZE, labelcolor=INK)
    return png(figure)


def _labels(panels: Sequence[Panel]) -> list[str]:
    return list(dict.fromkeys(name for panel in panels for name in panel.lines))


def _styles(labels: Sequence[str]) -> dict[str, Style]:
    """A colour and a dash for each label; colours repeat with other dashes."""
    count = len(SERIES)
    return {name: (SERIES[n % count], _DASHES[n // count % len(_DASHES)]) for n, name in enumerate(labels)}


def _line(plot: Plot, points: Sequence[Point], colour: str, dash: Dash) -> None:
    x, y, _ = zip(*points, strict=True)
    plot.errorbar(
        x, y, yerr=_errors(points), elinewidth=0.9, capsize=2.5,
        color=colour, linestyle=dash, linewidth=1.4, marker="o", markersize=4,
    )  # fmt: skip


def _band(plot: Plot, points: Sequence[Point], colour: str, dash: Dash) -> None:
    x, y, spread = (np.array([part or 0.0 for part in column]) for column in zip(*points, strict=True))
    plot.plot(x, y, color=colour, linestyle=dash, linewidth=1.4)
    plot.fill_between(x, y - spread, y + spread, color=colour, alpha=0.18, linewidth=0)


def _errors(points: Sequence[Point]) -> list[float] | None:
    return [spread or 0.0 for *_, spread in points] if any(spread for *_, spread in points) else None


def _chance(plot: Plot, chance: float | None) -> None:
    if chance is not None:
        plot.axhline(chance, color=MUTED, linewidth=1.0, linestyle=":")
        plot.annotate(
            "chance", (1.0, chance), (0, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", size=7.5, color=MUTED,
        )  # fmt: skip


def _mark(plot: Plot, values: Sequence[float]) -> None:
    """Puts the ticks of a horizontal axis at the measured values if they are few."""
    if 0 < len(values) <= _TICKS:
        plot.xaxis.set_major_locator(FixedLocator(list(values)))
        plot.xaxis.set_minor_locator(NullLocator())
        plot.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}"))
    elif plot.get_xscale() == "linear":
        plot.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def _cells(plot: Plot, grid: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> None:
    """A shade and a number for each cell; cells that were not measured stay empty."""
    least, most = np.nanmin(grid), np.nanmax(grid)
    span = (most - least) or 1.0
    plot.pcolormesh(
        np.ma.masked_invalid(grid), cmap="Blues", vmin=least - 0.1 * span, vmax=most + 0.25 * span,
        edgecolor="white", linewidth=2.0,
    )  # fmt: skip
    digits = 1 if most >= 10 else 2
    for row, column in np.argwhere(np.isfinite(grid)):
        value = grid[row, column]
        shade = "white" if value > least + 0.6 * span else INK
        plot.text(column + 0.5, row + 0.5, fixed(value, digits), ha="center", va="center", size=_SIZE, color=shade)
    plot.grid(visible=False)
    plot.set_facecolor(FAINT)
    plot.spines[:].set_visible(False)
