"""Models with their recipes and data sets, as evaluations need them."""

from __future__ import annotations

from pathlib import Path

import torch

from bvtk.build import build_dataset, build_model
from bvtk.engine.images import split
from bvtk.evaluate.scores import evaluate
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from tests.systems import recipe_of

CPU = torch.device("cpu")


def built(system: str):
    """The recipe, data set and model of a system, fitted if it learns by `fit`."""
    discover()
    recipe = load_recipe(recipe_of(system)).recipe
    dataset = build_dataset(recipe)
    model = build_model(recipe, dataset.image_shape).requires_grad_(False).eval()
    if recipe.model.learns == "fit":
        model.fit(dataset, split(len(dataset), recipe.training.held_out, recipe.seed)[0], 0)
    return recipe, dataset, model


def measured(*overrides: str, model=None):
    """The recipe, data set, model and evaluation of the small VAE."""
    discover()
    recipe = load_recipe(Path("tiny.yaml"), overrides).recipe
    dataset = build_dataset(recipe)
    model = (model or build_model(recipe, dataset.image_shape)).requires_grad_(False)
    return recipe, dataset, model.eval(), evaluate(recipe, model.eval(), dataset, CPU)
