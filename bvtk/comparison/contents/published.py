"""Published figures whose names match nothing that a sweep has: most often a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bvtk.comparison.contents.keys import known_keys
from bvtk.comparison.contents.measured import Measured
from bvtk.comparison.contents.rows import rows_of
from bvtk.component import metrics
from bvtk.recipe.sweep_schema import Published


def unmatched(
    published: Published, runs: Sequence[Measured], planned: Sequence[Measured] | None, by: Sequence[str] = ()
) -> str | None:
    """What to say of metrics and rows that are published and that no cell has; None where each has its place.

    Args:
        published: the figures.
        runs: those that have been scored.
        planned: cells without scores so far; their rows and metrics are not amiss. None where it is not known which
            there are: then any row may be theirs, and any metric that there is.
        by: the keys that rows are grouped by.
    """
    everything = [*runs, *(planned or ())]
    keys, rows = known_keys(everything), _row_names(runs, by) | _row_names(everything, by) | _row_names(everything)
    named = {str(metric["type"]) for run in planned or () for metric in run.recipe.get("metrics", ())}
    to_come = set(metrics.names()) if planned is None else named
    odd = [f"metric {key!r}" for key in published.scores if key not in keys and _metric(key) not in to_come]
    if planned is not None:
        said = dict.fromkeys(row for figures in published.scores.values() for row in figures)
        odd += [f"row {row!r}" for row in said if row not in rows]
    return f"published figures that match nothing in the sweep: {', '.join(odd)}" if odd else None


def _row_names(runs: Sequence[Measured], by: Sequence[str] = ()) -> set[str]:
    return {text for row in rows_of(runs, by) for text in (row.label, row.name)}


def _metric(key: str) -> str:
    return re.split("[:.]", key)[0]
