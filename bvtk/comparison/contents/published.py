"""Finds published values whose names match nothing in a sweep, which are usually typing errors."""

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
    """A warning about published metrics and rows that no cell has; None if each has a cell.

    Args:
        published: the values.
        runs: those that have scores.
        planned: cells without scores so far, whose rows and metrics are accepted too. None if they are not known: then
            any row and any existing metric is accepted.
        by: the keys that rows are grouped by.
    """
    everything = [*runs, *(planned or ())]
    keys, rows = known_keys(everything), _row_names(runs, by) | _row_names(everything, by) | _row_names(everything)
    in_recipes = {str(metric["type"]) for run in planned or () for metric in run.recipe.get("metrics", ())}
    to_come = set(metrics.names()) if planned is None else in_recipes
    unknown = [f"metric {key!r}" for key in published.scores if key not in keys and _metric(key) not in to_come]
    if planned is not None:
        named = dict.fromkeys(row for values in published.scores.values() for row in values)
        unknown += [f"row {row!r}" for row in named if row not in rows]
    return f"published values that match nothing in the sweep: {', '.join(unknown)}" if unknown else None


def _row_names(runs: Sequence[Measured], by: Sequence[str] = ()) -> set[str]:
    return {text for row in rows_of(runs, by) for text in (row.label, row.name)}


def _metric(key: str) -> str:
    return re.split("[:.]", key)[0]
