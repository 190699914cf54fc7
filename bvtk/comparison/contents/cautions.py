"""What a reader should know before holding the scores of runs against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.comparison.contents.columns import heading
from bvtk.comparison.contents.keys import Key
from bvtk.comparison.contents.measured import Measured
from bvtk.counting import counted
from bvtk.metrics.scoring.keys import collapsed

_NAMED = 4
"""Runs that are named where more are meant."""


def cautions(runs: Sequence[Measured], columns: Sequence[Key]) -> list[str]:
    """Scores that are no figures of one kind, that mean nothing, or that are missing.

    Args:
        runs: those that are compared.
        columns: the figures that are shown of them.
    """
    shown: dict[str, Key] = {}
    for key in columns:
        shown.setdefault((key.metric or "").partition(":")[0], key)
    found = []
    for metric, column in shown.items():
        if differing := _differing([_spec(run, metric) for run in runs if metric in run.scores]):
            found.append(f"{heading(column)} is not of one kind: the runs differ in its {', '.join(differing)}")
    if silent := [run.run for run in runs if collapsed(run.scores)]:
        what = "no latent responds to the images, so their scores mean nothing"
        found.append(f"collapse in {_of(silent, runs)}, {what}: {_listed(silent)}")
    wanted = dict.fromkeys(str(spec["type"]) for run in runs for spec in _specs(run))
    for metric in wanted:
        if missing := [run.run for run in runs if _spec(run, metric) and metric not in run.scores]:
            found.append(f"no score of {metric} in {_of(missing, runs)}, see their reports: {_listed(missing)}")
    return found


def _specs(run: Measured) -> Sequence[Mapping[str, Any]]:
    return [spec for spec in run.recipe.get("metrics") or () if isinstance(spec, Mapping) and "type" in spec]


def _spec(run: Measured, metric: str) -> Mapping[str, Any]:
    """The first that a recipe says of a metric, which is filed under the bare name; empty where it says nothing."""
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
