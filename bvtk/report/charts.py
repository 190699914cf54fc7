"""Charts as PNG, drawn without the global state of matplotlib."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from bvtk.pages.drawing import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    Axes,
    LogLocator,
    MaxNLocator,
    NullLocator,
    StrMethodFormatter,
    colours,
    label,
    new_figure,
    plain,
    png,
    with_defaults,
)


class Panel(NamedTuple):
    """A training curve: the key of the log, its title and unit, and whether the axis is logarithmic."""

    key: str
    title: str
    unit: str = ""
    logarithmic: bool = False


PANELS = (
    Panel("loss", "Loss", "nats per image", logarithmic=True),
    Panel("reconstruction", "Reconstruction", "nats per image", logarithmic=True),
    Panel("kl", "KL", "nats per image"),
    Panel("beta", "β"),
    Panel("active_units", "Active latents"),
)
"""The first curves."""
NO_PANELS = frozenset({"step", "beta_norm", "learning_rate", "images_per_second"})
"""Logged terms that say nothing about what was learnt. Every other term gets a panel."""

Points = Sequence[tuple[int, float]]


@with_defaults
def training_chart(
    log: Sequence[Mapping[str, Any]], held_out: Mapping[str, Points], scores: Mapping[str, Points]
) -> bytes:
    """Curves over training steps: one panel per term of the log, and one for all scores.

    `held_out` has, by title, points (step, value) measured on held-out images, one panel each; `scores` has points
    (step, score), all from 0 to 1.
    """
    curves: list[tuple[Panel, Points]] = []
    for panel in panels_of(log):
        curves.append((panel, [(line["step"], line[panel.key]) for line in log if line.get(panel.key) is not None]))
    curves += [(Panel("", title, "held-out images", logarithmic=True), points) for title, points in held_out.items()]
    count = max(1, len(curves) + bool(scores))
    columns = min(3, count)
    rows = math.ceil(count / columns)
    figure = new_figure(10.0, 2.5 * rows)
    places = (figure.add_subplot(rows, columns, place + 1) for place in range(count))
    for (panel, points), axes in zip(curves, places, strict=False):
        _curve(axes, points, panel.logarithmic, counted=panel.key == "active_units")
        label(axes, panel.title, panel.unit)
    if scores:
        axes = next(places)
        _score_curves(axes, scores)
        label(axes, "Scores during training", "")
    return png(figure)


def panels_of(log: Sequence[Mapping[str, Any]]) -> list[Panel]:
    """The panels for the terms of a log. A loss is in nats per image if it includes a reconstruction."""
    terms = dict.fromkeys(key for record in log for key in record)
    known = {panel.key for panel in PANELS} | NO_PANELS
    others = [Panel(key, key[:1].upper() + key[1:].replace("_", " ")) for key in terms if key not in known]
    panels = [*(panel for panel in PANELS if panel.key in terms), *others]
    return panels if "reconstruction" in terms else [panel._replace(unit="") for panel in panels]


@with_defaults
def kl_chart(kl: Sequence[float], order: Sequence[int], names: Sequence[str], active: Sequence[bool]) -> bytes:
    """One bar per latent, in this order. Latents that do not respond to the image are grey."""
    figure = new_figure(10.0, 0.5 + 0.24 * len(order))
    axes = figure.add_subplot()
    values = [float(kl[row]) for row in order]
    places = np.arange(len(order))
    axes.barh(places, values, height=0.62, color=[ACCENT if active[row] else MUTED for row in order])
    for place, value in zip(places, values, strict=True):
        axes.annotate(
            f"{value:.2f}", (value, place), (5, 0), textcoords="offset points", va="center", size=8.5, color=INK
        )
    axes.set_yticks(places, [names[row] for row in order])
    axes.invert_yaxis()
    axes.set_xlim(0, max([*values, 1e-3]) * 1.08)
    label(axes, "", "")
    axes.set_xlabel("KL in nats per image", size=8.5, color=MUTED, loc="left")
    axes.grid(visible=False, axis="y")
    return png(figure)


@with_defaults
def dependence_chart(dependence: Mapping[str, Sequence[float]], order: Sequence[int], names: Sequence[str]) -> bytes:
    """One cell per factor and latent: the share of the latent's variance that the factor explains."""
    shares = np.array([[values[row] for row in order] for values in dependence.values()])
    figure = new_figure(10.0, 0.55 + 0.42 * len(shares))
    axes = figure.add_subplot()
    axes.pcolormesh(shares, cmap="Blues", vmin=0.0, vmax=1.15, edgecolor="white", linewidth=2.0)
    for row, column in np.ndindex(shares.shape):
        share = shares[row, column]
        shade = "white" if share > 0.55 else INK if share >= 0.05 else MUTED
        axes.text(column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", size=8.5, color=shade)
    axes.set_yticks(np.arange(len(shares)) + 0.5, [plain(name) for name in dependence])
    axes.set_xticks(np.arange(len(order)) + 0.5, [names[row] for row in order], rotation=_tilt(order, names))
    axes.xaxis.tick_top()
    axes.invert_yaxis()
    axes.tick_params(length=0, labelsize=8.5, labelcolor=INK)
    axes.spines[:].set_visible(False)
    return png(figure)


@with_defaults
def activation_chart(
    positions: Any | None,
    curves: Mapping[str, Any],
    order: Sequence[int],
    names: Sequence[str],
    shape_names: Sequence[str],
) -> bytes:
    """Figure 7 of the β-VAE paper: one column per latent, its map over positions above its curves over other factors.

    Positions are (L, width, height), curves are by factor (L, size) or (L, shapes, size). The order is that of the
    latents from left to right, and the names of shapes are those of the curves in one panel.
    """
    heights = ([1.0] if positions is not None else []) + [0.72] * len(curves)
    figure = new_figure(10.0, 0.35 + 10.0 / max(len(order), 6) * sum(heights) * 1.12)
    plots = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    remaining = list(plots)
    if positions is not None:
        _position_maps(remaining.pop(0), np.asarray(positions)[list(order)], _largest([positions]))
    limit = _largest(list(curves.values()))
    for axes, (name, curve) in zip(remaining, curves.items(), strict=True):
        _factor_curves(axes, name, np.asarray(curve)[list(order)], limit)
    for column, row in enumerate(order):
        plots[0].annotate(
            names[row], ((column + 0.5) * 1.0, 1.0), (0, 4), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="center", size=8.5, color=INK, rotation=_tilt(order, names),
        )  # fmt: skip
    if shape_names and any(np.ndim(curve) == 3 for curve in curves.values()):
        handles = [h for axes in plots for h in axes.get_legend_handles_labels()[0]][: len(shape_names)]
        shapes = [plain(name) for name in shape_names]
        figure.legend(handles, shapes, loc="outside lower center", ncols=6, frameon=False, fontsize=8.5, labelcolor=INK)
    return png(figure)


def _tilt(order: Sequence[int], names: Sequence[str]) -> float:
    """The angle of names above columns: upright if they would overlap otherwise."""
    return 90.0 if len(order) * max(len(names[row]) for row in order) > 100 else 0.0


def _largest(means: Sequence[Any]) -> float:
    """The largest absolute value, or 1 if all are zero or unknown."""
    return max((float(np.nan_to_num(np.abs(a)).max()) for a in means), default=0.0) or 1.0


_PANEL = 0.9
"""Width of a panel, in widths of its column."""


def _position_maps(axes: Axes, maps: Any, limit: float) -> None:
    """Maps (L, width, height) side by side, x to the right and y downwards."""
    for column, one in enumerate(maps):
        left = column + (1 - _PANEL) / 2
        axes.imshow(
            one.T, cmap="RdBu_r", vmin=-limit, vmax=limit, extent=(left, left + _PANEL, _PANEL, 0.0), aspect="auto"
        )
    axes.set_xlim(0, len(maps))
    axes.set_ylim(_PANEL, 0)
    _bare(axes, "position")


def _factor_curves(axes: Axes, name: str, curves: Any, limit: float) -> None:
    """Curves (L, size) or (L, shapes, size), one panel per latent, all with the same vertical axis."""
    for column, one in enumerate(curves):
        left = column + (1 - _PANEL) / 2
        axes.plot([left, left + _PANEL], [0, 0], color=FAINT, linewidth=1.0)
        lines = np.atleast_2d(one)
        x = left + _PANEL * np.linspace(0.04, 0.96, max(lines.shape[1], 2))[: lines.shape[1]]
        for line, colour in zip(lines, colours(len(lines)), strict=True):
            marker = "o" if lines.shape[1] <= 6 else ""
            label = "shape" if column == 0 and one.ndim == 2 else None
            axes.plot(x, line, color=colour, linewidth=1.2, marker=marker, markersize=2.4, label=label)
    axes.set_xlim(0, len(curves))
    axes.set_ylim(-limit * 1.08, limit * 1.08)
    _bare(axes, name)


def _bare(axes: Axes, name: str) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_ylabel(plain(name), size=8.5, color=INK)


def _curve(axes: Axes, points: Points, logarithmic: bool, counted: bool = False) -> None:
    steps, values = zip(*points, strict=True) if points else ((), ())
    axes.plot(steps, values, color=ACCENT, linewidth=1.4, solid_capstyle="round")
    if logarithmic and values and min(values) > 0 and max(values) > 4 * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
    elif counted:
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_ylim(bottom=0)


def _score_curves(axes: Axes, scores: Mapping[str, Points]) -> None:
    for (title, points), colour in zip(scores.items(), colours(len(scores)), strict=True):
        steps, values = zip(*points, strict=True)
        axes.plot(steps, values, color=colour, linewidth=1.4, marker="o", markersize=2.5, label=plain(title))
    axes.set_ylim(0, 1.02)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(frameon=False, fontsize=7.5, labelcolor=INK)
