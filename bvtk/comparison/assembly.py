"""Comparing runs, from Python."""

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
    """Runs side by side.

    Args:
        targets: run folders, folders that hold run folders, folders of sweeps, recipes with or without a sweep,
            exported models, or JSON that `bvtk compare --json` printed.
        by: keys whose values make a row, such as `objective.beta` or `name`; without any, runs that differ in the
            seed alone are one row.
        columns: keys such as `mig`, `mig.gaps.x`, `held_out.kl` or `model.latents`; without any, every headline score,
            reconstruction, squared error and KL.
        aggregate: how the figures of several runs become one: `mean`, `median` or `paper`.
        sort: the key that rows are sorted by, the best first.
        out: where the runs of recipes lie.

    Returns:
        The table; `to_markdown()`, `to_csv()`, `to_html()` and `figures()` show it.

    Raises:
        UsageError: where a target holds no runs, or no run has a key.
        RecipeError: with everything that is wrong in a recipe.
        RunError: where a run's files are damaged.
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
    """As `compare`, for a caller that has loaded the plugins."""
    how = as_aggregate(aggregate)
    found = gather(targets, out)
    rows = tuple(rows_of(found.runs, by))
    chosen = tuple(columns_of(columns, found.runs))
    odd = unmatched(found.published, found.runs, found.planned, by) if found.published else None
    warnings = (*([odd] if odd else []), *cautions(found.runs, chosen))
    table = Comparison(rows, chosen, how, found.published, found.left_out, warnings)
    return table.sorted(sort) if sort else table
