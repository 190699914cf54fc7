from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.build import build, build_dataset, build_model
from bvtk.errors import UsageError
from bvtk.plugins import discover
from bvtk.protocols import ImageShape
from bvtk.recipe import Recipe, load_recipe

IMAGE = ImageShape(1, 12, 12)


def recipe(*overrides: str) -> Recipe:
    discover()
    return load_recipe(Path("tiny.yaml"), overrides).recipe


def test_a_model_depends_only_on_the_recipes_seed(workplace: Path) -> None:
    torch.manual_seed(1)
    first = build_model(recipe(), IMAGE).state_dict()
    before = torch.get_rng_state()
    second = build_model(recipe(), IMAGE).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(second[name], tensor) for name, tensor in first.items())
    other = build_model(recipe("seed=1"), IMAGE).state_dict()
    assert not all(torch.equal(other[name], tensor) for name, tensor in first.items())


def test_an_experiment_has_all_parts_on_its_device(workplace: Path) -> None:
    made = recipe("objective.beta={type: cosine, start: 0, end: 4}", "training.steps=10")
    dataset = build_dataset(made)
    experiment = build(made, dataset, 70, torch.device("cpu"))
    assert experiment.objective.beta(5) == pytest.approx(2.0)  # schedules without a length take that of the training
    (part,) = experiment.parts
    assert (part.name, part.loss, part.learning_rate(0)) == ("model", "loss", 5e-3)
    trained = {id(p) for group in part.optimizer.param_groups for p in group["params"]}
    assert trained == {id(p) for p in experiment.model.parameters()}


def test_a_metric_that_needs_factors_is_refused_without_them(workplace: Path) -> None:
    np.save("plain.npy", np.zeros((4, 12, 12), np.uint8))
    with pytest.raises(UsageError, match="metric 'mig' needs ground-truth factors, but the data set 'arrays' has none"):
        build_dataset(recipe("dataset.path=plain.npy"))


def test_one_image_that_could_train_and_not_be_scored_is_refused(workplace: Path) -> None:
    np.savez("one.npz", images=np.zeros((1, 12, 12), np.uint8), factors=np.zeros((1, 3), int))
    with pytest.raises(UsageError, match="metrics need at least 2 images, found 1"):
        build_dataset(recipe("dataset.path=one.npz"))
    assert len(build_dataset(recipe("dataset.path=one.npz", "metrics=[]"))) == 1
