"""Compares runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bvtk.comparison.comparison import Comparison
from bvtk.comparison.contents.aggregate import as_aggregate
from bvtk.comparison.contents.cautions import cautions
from bvtk.comparison.contents.columns import columns_of
from bvtk.comparison.contents.published import unmatched
from bvtk.comparison.contents.rows import rows_of
from bvtk.comparison.contents.sources import gather
from bvtk.plugins import discover


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
        RunError: if the files of a run are damaged.
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
    how = as_aggregate(aggregate)
    found = gather(targets, out)
    rows = tuple(rows_of(found.runs, by))
    chosen = tuple(columns_of(columns, found.runs))
    unknown = unmatched(found.published, found.runs, found.planned, by) if found.published else None
    warnings = (*([unknown] if unknown else []), *cautions(found.runs, chosen))
    table = Comparison(rows, chosen, how, found.published, found.left_out, warnings)
    return table.sorted(sort) if sort else table
