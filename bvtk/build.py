"""Recipe → Experiment: the components that a recipe names, assembled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch

from bvtk.component import ObjectiveSpec, OptimizerSpec, SamplerSpec, samplers
from bvtk.errors import UsageError
from bvtk.protocols import Dataset, ImageShape, Model, Objective, ObjectiveContext, PartedObjective, ScheduledValue
from bvtk.recipe import Recipe
from bvtk.recipe.schema import Training
from bvtk.seeding import derive

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Part:
    """Parameters that one optimiser moves to make one loss smaller.

    Args:
        name: `model` for the recipe's optimiser, else the name that the objective gives it.
        loss: the objective's term that they minimise.
        parameters: which parameters, in the order of the optimiser's groups.
        optimizer: over these parameters.
        learning_rate: its learning rate as a function of the step.
    """

    name: str
    loss: str
    parameters: list[nn.Parameter]
    optimizer: torch.optim.Optimizer
    learning_rate: ScheduledValue


@dataclass(frozen=True)
class Experiment:
    """Everything that a training needs, built and seeded.

    Args:
        recipe: what it was built from.
        dataset: the images.
        model: the model, freshly initialised.
        objective: the loss, with its state if it has any; None for a model that does not learn by steps.
        parts: what is optimised, and by what; the model's part first.
    """

    recipe: Recipe
    dataset: Dataset
    model: Model
    objective: Objective | None
    parts: tuple[Part, ...]

    def name_of(self, parameter: nn.Parameter) -> str:
        """The name of a trained parameter, in the model or in the objective."""
        modules = [module for module in (self.model, self.objective) if module is not None]
        named = (pair for module in modules for pair in module.named_parameters())
        return next(str(name) for name, other in named if other is parameter)


def build_dataset(recipe: Recipe) -> Dataset:
    """The data set of a recipe, with all that its model and its metrics need.

    Raises:
        DataError: where it is missing, damaged or of the wrong form.
        UsageError: where the model or a metric needs factors that it lacks.
    """
    dataset = recipe.dataset.open()
    recipe.model.check(dataset)
    for metric in recipe.metrics:
        if metric.needs_factors and not dataset.factor_names:
            raise UsageError(
                f"metric {metric.component!r} needs ground-truth factors, "
                f"and the data set {recipe.dataset.component!r} has none",
                "remove the metric, or give a data set with factors (`arrays` reads them from an .npz)",
            )
    return dataset


def sampler_of(recipe: Recipe) -> SamplerSpec:
    """The sampler that a recipe names, else the one that its model asks for."""
    return recipe.training.sampler or samplers.get(recipe.model.sampler)()


def build_model(recipe: Recipe, image: ImageShape) -> Any:
    """The model of a recipe, initialised from the recipe's seed alone."""
    with _seeded(recipe.seed, "model"):
        return recipe.model.build(image)


@contextmanager
def _seeded(seed: int, purpose: str) -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(seed, purpose))
        yield


def build(recipe: Recipe, dataset: Dataset, training_images: int, device: torch.device) -> Experiment:
    """Assembles an experiment on a device.

    Args:
        recipe: the recipe.
        dataset: its data set, from `build_dataset`.
        training_images: how many of the images train.
        device: where model and objective live.

    Raises:
        UsageError: where components don't fit each other.
    """
    # channels_last makes convolutions 1.2 to 1.5 times as fast on a CPU, and harms nothing else.
    module: nn.Module = build_model(recipe, dataset.image_shape).to(device, memory_format=torch.channels_last)
    model = cast(Model, module)
    if recipe.objective is None:
        return Experiment(recipe, dataset, model, None, ())
    context = ObjectiveContext(dataset.image_shape, model.latents, training_images, recipe.training.steps)
    with _seeded(recipe.seed, "objective"):
        built: Any = recipe.objective.build(context)
    objective: Objective = built.to(device)
    return Experiment(recipe, dataset, model, objective, _parts(recipe.objective, recipe.training, model, objective))


def _parts(spec: ObjectiveSpec, training: Training, model: Model, objective: Objective) -> tuple[Part, ...]:
    specs = spec.optimizers()
    modules = objective.parts(model) if isinstance(objective, PartedObjective) else {}
    others = {name: list(modules[name].parameters()) for name in specs}
    apart = {id(parameter) for parameters in others.values() for parameter in parameters}
    own = [parameter for parameter in model.parameters() if id(parameter) not in apart]
    return (
        _part("model", "loss", own, training.optimizer, training.steps),
        *(_part(name, f"{name}_loss", others[name], part, training.steps) for name, part in specs.items()),
    )


def _part(name: str, loss: str, parameters: list[nn.Parameter], spec: OptimizerSpec, steps: int) -> Part:
    optimizer = spec.over(parameters)
    grouped = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    return Part(name, loss, grouped, optimizer, spec.lr.build(steps))
