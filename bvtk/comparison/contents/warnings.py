"""What a reader should know before comparing the scores of runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.comparison.contents.columns import heading
from bvtk.comparison.contents.keys import Key, Measured, known_keys
from bvtk.comparison.contents.rows import rows_of
from bvtk.component import metrics
from bvtk.metrics.scoring.keys import collapsed
from bvtk.quantities import counted
from bvtk.recipe.sweep_schema import Published

_NAMED = 4
"""How many runs are named before `and 3 more`."""


def cautions(runs: Sequence[Measured], columns: Sequence[Key]) -> list[str]:
    """Warnings about scores that are not comparable, that mean nothing, or that are missing."""
    shown: dict[str, Key] = {}
    for key in columns:
        shown.setdefault((key.metric or "").partition(":")[0], key)
    found = []
    for metric, column in shown.items():
        specs = [_specs(run).get(metric, {}) for run in runs if metric in run.scores]
        fields = dict.fromkeys(field for spec in specs for field in spec)
        differing = [f for f in fields if len({repr(spec[f]) for spec in specs if f in spec}) > 1]
        if differing:
            found.append(
                f"the values of {heading(column)} are not comparable: the runs differ in its {', '.join(differing)}"
            )
    if unusable := [run.run for run in runs if collapsed(run.scores)]:
        why = "no latent responds to the images, so their scores mean nothing"
        found.append(f"collapse in {_of(unusable, runs)} ({why}): {_listed(unusable)}")
    for metric in dict.fromkeys(metric for run in runs for metric in _specs(run)):
        if missing := [run.run for run in runs if metric in _specs(run) and metric not in run.scores]:
            found.append(f"no score of {metric} in {_of(missing, runs)} (see their reports): {_listed(missing)}")
    return found


def unmatched(
    published: Published, runs: Sequence[Measured], planned: Sequence[Measured] | None, by: Sequence[str] = ()
) -> list[str]:
    """A warning about published metrics and rows that no cell has, which are usually typing errors.

    The rows and metrics of planned cells, which have no scores so far, are accepted too. If these cells are not known,
    any row and any existing metric is accepted.
    """
    everything = [*runs, *(planned or ())]
    keys, rows = known_keys(everything), _row_names(runs, by) | _row_names(everything, by) | _row_names(everything)
    to_come = {metric for run in planned or () for metric in _specs(run)}
    if planned is None:
        to_come = set(metrics.names())
    unknown = [
        f"metric {key!r}" for key in published.scores if key not in keys and re.split("[:.]", key)[0] not in to_come
    ]
    if planned is not None:
        named = dict.fromkeys(row for values in published.scores.values() for row in values)
        unknown += [f"row {row!r}" for row in named if row not in rows]
    return [f"published values that match nothing in the sweep: {', '.join(unknown)}"] if unknown else []


def _specs(run: Measured) -> dict[str, Mapping[str, Any]]:
    """The first entry of each metric in a recipe, whose scores have the bare name as key."""
    found: dict[str, Mapping[str, Any]] = {}
    for spec in run.recipe.get("metrics") or ():
        if isinstance(spec, Mapping) and "type" in spec:
            found.setdefault(str(spec["type"]), spec)
    return found


def _row_names(runs: Sequence[Measured], by: Sequence[str] = ()) -> set[str]:
    return {text for row in rows_of(runs, by) for text in (row.label, row.name)}


def _of(some: Sequence[str], runs: Sequence[Measured]) -> str:
    return f"{len(some)} of {counted(len(runs), 'run')}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
