"""Compares runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bvtk.comparison.contents.columns import columns_of
from bvtk.comparison.contents.rows import rows_of
from bvtk.comparison.contents.saved import document
from bvtk.comparison.contents.sources import gather
from bvtk.comparison.contents.table import MEANINGS, Table
from bvtk.comparison.contents.warnings import cautions, unmatched
from bvtk.comparison.views.text import csv_text, markdown
from bvtk.errors import UsageError
from bvtk.files import write_bytes_atomic
from bvtk.plugins import discover
from bvtk.registry import did_you_mean


@dataclass(frozen=True)
class Comparison(Table):
    """A table of runs, with methods that show it."""

    def to_markdown(self) -> str:
        """The table as Markdown, with the best values in bold and notes below."""
        return markdown(self)

    def to_csv(self) -> str:
        """The table as CSV: value and spread of every column, and the number of runs."""
        return csv_text(self)

    def to_json(self) -> dict[str, Any]:
        """The table, and the recipe, scores and curves of every run. `bvtk.compare` can read it again from a file."""
        return document(self)

    def to_html(self, pictures: bool = False) -> str:
        """The table and its plots as one page; with `pictures` also latents and traversals of one run of every row."""
        from bvtk.comparison.views.page import render_page

        return render_page(self, pictures)

    def figures(self) -> dict[str, bytes]:
        """The plots as PNG, by name."""
        from bvtk.comparison.views.plots import plots

        return {plot.name: plot.png for plot in plots(self)}

    def write_figures(self, folder: Path) -> list[Path]:
        """Writes every plot as `<name>.png`."""
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, png in self.figures().items():
            written.append(folder / f"{name}.png")
            write_bytes_atomic(written[-1], png)
        return written


def compare(
    targets: str | Path | Sequence[str | Path],
    by: Sequence[str] = (),
    columns: Sequence[str] = (),
    aggregate: str = "mean",
    sort: str | None = None,
    out: str | Path = "runs",
) -> Comparison:
    """Compares runs in a table.

    Args:
        targets: run folders, folders of run folders, folders of sweeps, recipes with or without a sweep, exported
            models, or files with the output of `bvtk compare --json`.
        by: group runs by the values of these keys, such as `objective.beta` or `name`; without any, runs that differ
            only in their seed are one row.
        columns: keys such as `mig`, `mig.gaps.x`, `held_out.kl` or `model.latents`; without any, every headline score,
            reconstruction, squared error and KL.
        aggregate: how the values of several runs are combined: `mean`, `median` or `paper`.
        sort: the key to sort rows by, the best first.
        out: the folder with the runs of recipes.

    Returns:
        The table; `to_markdown()`, `to_csv()`, `to_html()` and `figures()` show it.

    Raises:
        UsageError: if a target has no runs, or no run has a key.
        RecipeError: with every error of a recipe.
        BvtkError: if every run is damaged, or the record of a sweep is.
    """
    discover(Path())
    return assemble([targets] if isinstance(targets, str | Path) else targets, by, columns, aggregate, sort, Path(out))


def assemble(
    targets: Sequence[str | Path],
    by: Sequence[str] = (),
    columns: Sequence[str] = (),
    aggregate: str = "mean",
    sort: str | None = None,
    out: Path = Path("runs"),
) -> Comparison:
    """The same as `compare`, for a caller that has loaded the plugins."""
    if aggregate not in MEANINGS:
        raise UsageError(f"unknown aggregate {aggregate!r}, {did_you_mean(aggregate, list(MEANINGS))}")
    found = gather(targets, out)
    rows = tuple(rows_of(found.runs, by))
    chosen = tuple(columns_of(columns, found.runs))
    unknown = unmatched(found.published, found.runs, found.planned, by) if found.published else []
    warnings = (*unknown, *cautions(found.runs, chosen))
    table = Comparison(rows, chosen, aggregate, found.published, found.left_out, warnings)
    return table.sorted(sort) if sort else table
