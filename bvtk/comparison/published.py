"""Published figures whose names match nothing that a sweep has: most often a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bvtk.comparison.keys import known_keys
from bvtk.comparison.measured import Measured
from bvtk.comparison.rows import rows_of
from bvtk.recipe.sweep_schema import Published


def unmatched(
    published: Published, runs: Sequence[Measured], planned: Sequence[Measured], by: Sequence[str] = ()
) -> str | None:
    """What to say of metrics and rows that are published and that no cell has; None where each has its place.

    Args:
        published: the figures.
        runs: those that have been scored.
        planned: cells without scores so far; their rows and metrics are not amiss.
        by: the keys that rows are grouped by.
    """
    everything = [*runs, *planned]
    metrics, rows = known_keys(everything), _row_names(runs, by) | _row_names(everything, by) | _row_names(everything)
    to_come = {str(metric["type"]) for run in planned for metric in run.recipe.get("metrics", ())}
    odd = [f"metric {key!r}" for key in published.scores if key not in metrics and _metric(key) not in to_come]
    named = dict.fromkeys(row for figures in published.scores.values() for row in figures)
    odd += [f"row {row!r}" for row in named if row not in rows]
    return f"published figures that match nothing in the sweep: {', '.join(odd)}" if odd else None


def _row_names(runs: Sequence[Measured], by: Sequence[str] = ()) -> set[str]:
    return {text for row in rows_of(runs, by) for text in (row.label, row.name)}


def _metric(key: str) -> str:
    return re.split("[:.]", key)[0]
