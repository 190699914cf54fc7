"""Whether the parts of a recipe fit each other: what no field can check for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bvtk.component import ModelSpec, objectives, samplers
from bvtk.errors import Problem
from bvtk.recipe.marks import Node, Path, problem
from bvtk.recipe.schema import Recipe

_NO_OBJECTIVE = "leave it out, or lay `objective: null` over it"
_NO_TRAINING = "leave `training` out, or lay `training: {steps: 0}` over it"
IN_A_CELL = {
    _NO_OBJECTIVE: "let the cell say `objective: null`, too, or start it from a recipe of its own: `recipe: FILE`",
    _NO_TRAINING: "let the cell say `training.steps: 0`, too, or start it from a recipe of its own: `recipe: FILE`",
}
"""What a cell can do instead, by the hint for a recipe."""


def disagreements(recipe: Recipe, root: Node) -> Iterator[Problem]:
    """What a recipe's model asks for and the recipe lacks, or says for nothing.

    Args:
        recipe: valid field by field.
        root: the data that it was read from.
    """
    model = recipe.model
    if model.learns == "steps":
        if "training" not in recipe.model_fields_set and not root.broken:
            yield _missing(root, "training", "write `training: {steps: …}`; 0 leaves the model as it is initialised")
        yield from _objective_for(model, recipe, root)
        yield from _sampler_for(model, recipe, root)
        return
    if recipe.objective is not None:
        message = f"model {model.component!r} learns from no objective"
        yield _wrong(root, ("objective",), message, _NO_OBJECTIVE)
    if recipe.training.steps:
        how = "is fitted at one go" if model.learns == "fit" else "learns nothing"
        message = f"model {model.component!r} {how}, in no steps, found {recipe.training.steps}"
        yield _wrong(root, ("training", "steps"), message, _NO_TRAINING)


def _objective_for(model: ModelSpec, recipe: Recipe, root: Node) -> Iterator[Problem]:
    fitting = [entry.name for entry in objectives.entries() if entry.item.needs <= model.gives]
    known = f"objectives that train it: {', '.join(fitting)}" if fitting else "no known objective can train it"
    said = root.child("objective")
    if recipe.objective is None and not root.broken and not (said and said.broken):
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
        yield _wrong(root, ("training", "batch_size"), message, "the objective compares the images of a batch")


def _sampler_for(model: ModelSpec, recipe: Recipe, root: Node) -> Iterator[Problem]:
    sampler = recipe.training.sampler
    if sampler is None or model.takes <= sampler.gives:
        return
    fitting = [entry.name for entry in samplers.entries() if entry.item.gives >= model.takes]
    message = (
        f"model {model.component!r} takes {', '.join(sorted(model.takes - sampler.gives))}, "
        f"which sampler {sampler.component!r} does not give"
    )
    hint = f"samplers that do: {', '.join(fitting)}" if fitting else "no known sampler does"
    yield _wrong(root, ("training", "sampler"), message, hint)


def _missing(root: Node, key: str, hint: str) -> Problem:
    # The whole file lacks the key: its first line is where it begins, and shows nothing.
    return replace(problem(root.mark, (key,), "is missing and has no default", hint), excerpt="")


def _wrong(root: Node, path: Path, message: str, hint: str) -> Problem:
    node = root.descend(path)[-1]
    return problem(node.key if isinstance(node.value, dict) and node.key else node.mark, path, message, hint)
