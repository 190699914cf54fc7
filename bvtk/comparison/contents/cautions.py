"""What a reader should know before comparing the scores of runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.comparison.contents.columns import heading
from bvtk.comparison.contents.keys import Key
from bvtk.comparison.contents.measured import Measured
from bvtk.counting import counted
from bvtk.metrics.scoring.keys import collapsed

_NAMED = 4
"""How many runs are named before `and 3 more`."""


def cautions(runs: Sequence[Measured], columns: Sequence[Key]) -> list[str]:
    """Warnings about scores that are not comparable, that mean nothing, or that are missing."""
    shown: dict[str, Key] = {}
    for key in columns:
        shown.setdefault((key.metric or "").partition(":")[0], key)
    found = []
    for metric, column in shown.items():
        if differing := _differing([_spec(run, metric) for run in runs if metric in run.scores]):
            found.append(
                f"the values of {heading(column)} are not comparable: the runs differ in its {', '.join(differing)}"
            )
    if unusable := [run.run for run in runs if collapsed(run.scores)]:
        why = "no latent responds to the images, so their scores mean nothing"
        found.append(f"collapse in {_of(unusable, runs)} ({why}): {_listed(unusable)}")
    wanted = dict.fromkeys(str(spec["type"]) for run in runs for spec in _specs(run))
    for metric in wanted:
        if missing := [run.run for run in runs if _spec(run, metric) and metric not in run.scores]:
            found.append(f"no score of {metric} in {_of(missing, runs)} (see their reports): {_listed(missing)}")
    return found


def _specs(run: Measured) -> Sequence[Mapping[str, Any]]:
    return [spec for spec in run.recipe.get("metrics") or () if isinstance(spec, Mapping) and "type" in spec]


def _spec(run: Measured, metric: str) -> Mapping[str, Any]:
    """The first entry of a metric in a recipe, whose scores have the bare name as key; empty if there is none."""
    return next((spec for spec in _specs(run) if spec["type"] == metric), {})


def _differing(specs: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        field
        for field in dict.fromkeys(field for spec in specs for field in spec)
        if len({repr(spec[field]) for spec in specs if field in spec}) > 1
    ]


def _of(some: Sequence[str], runs: Sequence[Measured]) -> str:
    return f"{len(some)} of {counted(len(runs), 'run')}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
