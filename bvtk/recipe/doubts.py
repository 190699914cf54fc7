"""What is allowed in a recipe and yet probably not meant."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from bvtk.component import ScheduleSpec
from bvtk.data.fields import user_path
from bvtk.errors import DataError
from bvtk.recipe.schema import Recipe

_LARGEST_BETA_NORM = 100.0


def doubts(recipe: Recipe) -> list[str]:
    """One line for each value that is probably a mistake, with its dotted key."""
    found = (*_training(recipe), *_weight_of_kl(recipe), *_schedules_and_files(recipe, recipe.training.steps))
    return [f"{key}: {what}" for key, what in found]


def _training(recipe: Recipe) -> Iterator[tuple[str, str]]:
    _, highest = recipe.training.optimizer.lr.bounds()
    if highest >= 1 and recipe.training.steps:
        yield "training.optimizer.lr", f"a learning rate of {highest:g} hardly ever converges; common are 1e-4 to 1e-2"


def _weight_of_kl(recipe: Recipe) -> Iterator[tuple[str, str]]:
    image, latents = recipe.dataset.image_shape, getattr(recipe.model, "latents", None)
    schedule = getattr(recipe.objective, "beta", None)
    if image and isinstance(latents, int) and isinstance(schedule, ScheduleSpec):
        _, highest = schedule.bounds()
        if highest * latents / image.pixels > _LARGEST_BETA_NORM:
            bound = _LARGEST_BETA_NORM * image.pixels / latents
            yield (
                "objective.beta",
                f"{highest:g} is so large that every latent collapses; at most {bound:g} makes sense",
            )


def _schedules_and_files(node: BaseModel, steps: int, above: str = "") -> Iterator[tuple[str, str]]:
    """Schedules that do not reach their end within the training, and data that are not there."""
    for name in type(node).model_fields:
        value, key = getattr(node, name), f"{above}{name}"
        if isinstance(value, ScheduleSpec) and steps and (length := _length(value)) > steps:
            yield key, f"the schedule takes {length:,} steps, but the training ends after {steps:,}"
        if name == "path" and isinstance(value, str) and (why := _unreachable(value)):
            yield key, why
        if isinstance(value, BaseModel):
            yield from _schedules_and_files(value, steps, f"{key}.")


def _length(schedule: ScheduleSpec) -> int:
    """The step after which a schedule is constant, as far as its fields tell; else 0."""
    steps, points = getattr(schedule, "steps", None), getattr(schedule, "points", None)
    last = points[-1][0] if isinstance(points, tuple) and points else 0
    return int(steps if isinstance(steps, int) else last)


def _unreachable(path: str) -> str:
    """Why there is nothing at a path of the user; empty if there is something."""
    try:
        return "" if user_path(path).exists() else f"{path} does not exist"
    except DataError as error:
        return error.message
