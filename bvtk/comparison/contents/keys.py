"""A run as a comparison sees it, and keys into it.

A key is a part of the recipe (`objective.beta`) or of the scores (`mig.gaps.x`), `beta` or `beta_norm`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bvtk.component import metrics
from bvtk.errors import RecipeError, UsageError
from bvtk.recipe import parse_recipe, resolved
from bvtk.recipe.writing import flow, without_constant
from bvtk.registry import did_you_mean

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


HEADLINE = "score"


@dataclass(frozen=True)
class Key:
    """A key that at least one of the compared runs has. The path of a score starts with the key of its metric."""

    text: str
    kind: Literal["recipe", "score", "fact"]
    path: tuple[str, ...]

    def of(self, run: Measured) -> Any:
        """The value in a run; None if it has none."""
        if self.kind == "fact":
            value = run.facts.get(self.text)
            return None if value is None else float(f"{value:.6g}")
        return without_constant(_descend(run.recipe if self.kind == "recipe" else run.scores, self.path))

    @property
    def metric(self) -> str | None:
        """The metric whose headline score it is; None for any other value."""
        return self.path[0] if self.kind == "score" and self.path[1:] == (HEADLINE,) else None


def find_key(text: str, runs: Sequence[Measured]) -> Key:
    """Looks up a key by its full text or its unambiguous end: `latents` is `model.latents`.

    Raises:
        UsageError: if no run has it, or several keys have this end.
    """
    known = known_keys(runs)
    if text in known:
        return known[text]
    for kind in ("recipe", "score"):
        ends = [key for name, key in known.items() if key.kind == kind and name.endswith(f".{text}")]
        if len(ends) == 1:
            return ends[0]
        if ends:
            listed = ", ".join(key.text for key in ends)
            raise UsageError(f"{text!r} is the end of several keys: {listed}", "write one of them in full")
    raise UsageError(f"no run has the key {text!r}, {_suggestion(text, known)}")


def known_keys(runs: Sequence[Measured]) -> dict[str, Key]:
    """Every key of every run: recipes before scores, metrics in the order of the run with the most metrics.

    The name of a metric is the key of its headline score.
    """
    found: dict[str, Key] = {}
    for run in runs:
        for path in _paths(run.recipe):
            found.setdefault(".".join(path), Key(".".join(path), "recipe", path))
        found |= {name: Key(name, "fact", ()) for name in run.facts}
    for run in sorted(runs, key=lambda run: -len(run.scores)):
        for path in _paths(run.scores):
            named = path[:1] if path[1:] == (HEADLINE,) else path
            if len(path) > 1:
                found.setdefault(".".join(named), Key(".".join(named), "score", path))
    return found


def text_of(value: Any) -> str:
    """A value as people write it in a recipe: `4`, `burgess`, `{type: linear, …}`; `–` for none."""
    value = without_constant(value)
    if value is None:
        return "–"
    if isinstance(value, Mapping) and value.keys() == {"type"}:
        return text_of(value["type"])
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return value
    return flow(value)


def leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every scalar, list of scalars and empty value of a recipe, with its path; a constant schedule as its number."""
    data = without_constant(data)
    below = list(_below(data))
    if not below or (isinstance(data, list) and not any(isinstance(item, Mapping) for item in data)):
        yield path, data
        return
    for part, value in below:
        yield from leaves(value, (*path, part))


def canonical(value: Any) -> str:
    """A text that is the same for equal values: 4 and 4.0, and mappings in any order."""
    return json.dumps(_equalised(value), sort_keys=True, ensure_ascii=False)


def _equalised(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _equalised(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_equalised(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _paths(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for part, value in _below(data):
        yield (*path, part)
        yield from _paths(value, (*path, part))


def _below(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, Mapping):
        yield from ((str(key), value) for key, value in data.items())
    elif isinstance(data, list | tuple):
        yield from ((str(number), value) for number, value in enumerate(data))


def _descend(data: Any, path: Sequence[str]) -> Any:
    for part in path:
        data = dict(_below(data)).get(part)
    return data


def _suggestion(text: str, known: Mapping[str, Key]) -> str:
    ends = [name.rpartition(".")[2] for name in known]
    near = did_you_mean(text, [*known, *ends])
    if near.startswith("did") and re.split("[:.]", text)[0] not in metrics:
        return near
    scored = dict.fromkeys(key.path[0] for key in known.values() if key.kind == "score")
    return f"metrics: {', '.join(scored) or 'none'}"
