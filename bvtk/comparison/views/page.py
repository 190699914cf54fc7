"""A comparison as one HTML page that fetches nothing and runs no script."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bvtk.comparison.contents.columns import heading
from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import Row
from bvtk.comparison.contents.table import Table
from bvtk.comparison.views.plots import plots
from bvtk.comparison.views.text import captions, headings, run_cells, shown_rows
from bvtk.metrics.scoring.keys import HELD_OUT
from bvtk.pages.html import render
from bvtk.quantities import counted
from bvtk.reading import read_file

_TRAVERSALS = 6
"""Traversals per row."""

_NAMED = 3
"""The most names in the title."""


@dataclass(frozen=True)
class Gallery:
    """The pictures of one row, as PNG. Traversals have the name of their latent, in the order of the run's report."""

    label: str
    run: str
    charts: tuple[bytes, ...]
    traversals: tuple[tuple[str, bytes], ...]


def render_page(table: Table, pictures: bool = False) -> str:
    """The page as HTML with its styles and plots inside; with `pictures` also those of one run of every row."""
    runs = [
        {"name": run.run, "row": row.label, "seed": run.recipe.get("seed", ""), "cells": run_cells(table, run)}
        for row in table.rows
        for run in row.runs
    ]
    return render(
        "bvtk.comparison.views",
        command="bvtk compare",
        title=_title(table),
        summary=f"{counted(len(runs), 'run')} in {counted(len(table.rows), 'row')}.",
        headings=headings(table),
        columns=[heading(column) for column in table.columns],
        rows=shown_rows(table),
        captions=captions(table),
        left_out=table.left_out,
        plots=plots(table),
        galleries=[found for row in table.rows if (found := gallery_of(row))] if pictures else [],
        runs=runs,
    )


def gallery_of(row: Row) -> Gallery | None:
    """The pictures of the first run of a row that has any; None if no run has."""
    run = next((run for run in row.runs if run.pictures), None)
    if run is None:
        return None
    charts = tuple(read_file(run.pictures[name]) for name in ("activation",) if name in run.pictures)
    traversals = tuple((f"z{latent}", read_file(run.pictures[name])) for latent, name in _traversals(run))
    return Gallery(row.label, run.run, charts, traversals) if charts or traversals else None


def _title(table: Table) -> str:
    names = list(dict.fromkeys(run.name for run in table.runs))
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} recipes"


def _traversals(run: Measured) -> list[tuple[int, str]]:
    matches = [match for name in run.pictures if (match := re.fullmatch(r"traversal-(\d{1,9})", name, re.ASCII))]
    numbers = {int(match[1]): match[0] for match in matches}
    weights = _weights(run) if numbers else {}
    order = sorted(numbers, key=lambda latent: (-weights.get(latent, 0.0), latent))
    return [(latent, numbers[latent]) for latent in order[:_TRAVERSALS]]


def _weights(run: Measured) -> dict[int, float]:
    """What orders the latents in the run's report: the KL, or the standard deviation without a posterior."""
    if run.latents is None:
        return dict(enumerate(run.scores.get(HELD_OUT, {}).get("kl_per_latent") or []))
    from bvtk.traversal import CodeStatistics, read_latents

    statistics = CodeStatistics.of(read_latents(run.latents))
    weight = statistics.std if statistics.kl is None else statistics.kl
    return dict(zip(statistics.latents, weight.tolist(), strict=True))
