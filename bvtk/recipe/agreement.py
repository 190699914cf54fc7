"""Checks whether the parts of a recipe fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bvtk.component import ModelSpec, objectives, samplers
from bvtk.errors import Problem
from bvtk.recipe.marks import Node, Path, problem
from bvtk.recipe.schema import Recipe

_NO_OBJECTIVE = "remove it, or override it with `objective: null`"
_NO_TRAINING = "remove `training`, or override it with `training: {steps: 0}`"
IN_A_CELL = {
    _NO_OBJECTIVE: "set `objective: null` in the cell too, or give the cell another recipe: `recipe: FILE`",
    _NO_TRAINING: "set `training.steps: 0` in the cell too, or give the cell another recipe: `recipe: FILE`",
}
"""The hint for a cell of a sweep, by the hint for a recipe."""


def disagreements(recipe: Recipe, root: Node) -> Iterator[Problem]:
    """Problems between the model, objective, training and sampler of a recipe whose fields are valid."""
    model = recipe.model
    yield from _factors_for(recipe, root)
    if model.learns == "steps":
        if "training" not in recipe.model_fields_set and not root.broken:
            yield _missing(root, "training", "add `training: {steps: …}`; 0 keeps the initial weights")
        yield from _objective_for(model, recipe, root)
        yield from _sampler_for(model, recipe, root)
        return
    if recipe.objective is not None:
        message = f"model {model.component!r} takes no objective"
        yield _wrong(root, ("objective",), message, _NO_OBJECTIVE)
    if recipe.training.steps:
        how = "is fitted in one call" if model.learns == "fit" else "does not learn"
        message = f"model {model.component!r} {how}: expected 0 training steps, found {recipe.training.steps}"
        yield _wrong(root, ("training", "steps"), message, _NO_TRAINING)


def _factors_for(recipe: Recipe, root: Node) -> Iterator[Problem]:
    if recipe.dataset.known_factors() == ():
        for number, metric in enumerate(recipe.metrics):
            if metric.needs_factors:
                message = (
                    f"metric {metric.component!r} needs factors, which data set {recipe.dataset.component!r} lacks"
                )
                yield _wrong(root, ("metrics", number), message, "remove the metric, or choose a data set with factors")


def _objective_for(model: ModelSpec, recipe: Recipe, root: Node) -> Iterator[Problem]:
    fitting = [entry.name for entry in objectives.entries() if entry.item.needs <= model.gives]
    known = f"objectives that can train it: {', '.join(fitting)}" if fitting else "no known objective can train it"
    node = root.child("objective")
    if recipe.objective is None and not root.broken and not (node and node.broken):
        yield _missing(root, "objective", known)
    elif recipe.objective and (lacking := sorted(recipe.objective.needs - model.gives)):
        message = (
            f"objective {recipe.objective.component!r} can't train model {model.component!r}, "
            f"which does not give {', '.join(lacking)}"
        )
        yield _wrong(root, ("objective",), message, known)
    elif recipe.objective and recipe.training.batch_size < recipe.objective.least_batch:
        name, least = recipe.objective.component, recipe.objective.least_batch
        message = f"objective {name!r} needs batches of at least {least}, found {recipe.training.batch_size}"
        yield _wrong(root, ("training", "batch_size"), message, f"set training.batch_size to at least {least}")


def _sampler_for(model: ModelSpec, recipe: Recipe, root: Node) -> Iterator[Problem]:
    sampler = recipe.training.sampler
    if sampler is None or model.takes <= sampler.gives:
        return
    fitting = [entry.name for entry in samplers.entries() if entry.item.gives >= model.takes]
    message = (
        f"model {model.component!r} takes {', '.join(sorted(model.takes - sampler.gives))}, "
        f"which sampler {sampler.component!r} does not give"
    )
    hint = f"samplers that give it: {', '.join(fitting)}" if fitting else "no known sampler gives it"
    yield _wrong(root, ("training", "sampler"), message, hint)


def _missing(root: Node, key: str, hint: str) -> Problem:
    # The key is missing in the whole file, so the first line is its place, but there is nothing to show.
    return replace(problem(root.mark, (key,), "is missing and has no default", hint), excerpt="")


def _wrong(root: Node, path: Path, message: str, hint: str) -> Problem:
    node = root.descend(path)[-1]
    return problem(node.key if isinstance(node.value, dict) and node.key else node.mark, path, message, hint)
