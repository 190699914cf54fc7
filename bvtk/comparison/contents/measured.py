"""A run as a comparison sees it: its recipe, scores, curves and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bvtk.errors import RecipeError
from bvtk.recipe import parse_recipe, resolved

FACTS = ("beta", "beta_norm")
"""What the log of a run adds to its recipe and scores."""

Curve = tuple[tuple[int, float], ...]
"""Points (step, score) over training."""


@dataclass(frozen=True)
class Measured:
    """A run that has been scored.

    Args:
        run: its name: that of its folder, or the file with its scores.
        recipe: complete, as plain data.
        scores: one entry per metric, as in `scores.json`.
        facts: `beta` and `beta_norm`, β and β·M/N at the end of training, for runs that have them.
        curves: by metric, its score over training; empty if nothing was measured during training.
        pictures: its figures by name; empty if they are not on this machine.
        latents: the file with the statistics of its latents; None if it is not on this machine.
        export: the exported model; None if it is not on this machine.
    """

    run: str
    recipe: Mapping[str, Any]
    scores: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    pictures: Mapping[str, Path] = field(default_factory=dict)
    latents: Path | None = None
    export: Path | None = None

    @property
    def name(self) -> str:
        """The recipe's name."""
        return str(self.recipe.get("name", self.run))


def curves_of(evaluations: Iterable[Mapping[str, Any]]) -> dict[str, Curve]:
    """The headline score of every metric over training, from the records of `evaluations.jsonl`."""
    curves: dict[str, list[tuple[int, float]]] = {}
    for record in evaluations:
        for metric, parts in record.get("scores", {}).items():
            if "score" in parts:
                curves.setdefault(metric, []).append((int(record["step"]), float(parts["score"])))
    return {metric: tuple(points) for metric, points in curves.items()}


def facts_of(log: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The last values of `FACTS` in a training log."""
    return {name: float(record[name]) for record in log for name in FACTS if record.get(name) is not None}


def completed(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe with the defaults of fields that are newer than it; unchanged if a plugin that it needs is missing."""
    try:
        return resolved(parse_recipe(recipe))
    except RecipeError:
        return dict(recipe)
