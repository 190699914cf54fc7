"""What is measured of which kind of system: what one can't do is absent, never zero."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.build import build_dataset, build_model
from bvtk.engine.split import split
from bvtk.evaluate import collapse, evaluate, quick_scores, representation
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from tests.systems import SYSTEMS, recipe_of

CPU = torch.device("cpu")
MEASURED = {
    "vae": {"held_out", "squared_error", "mig"},
    "dc_ign": {"held_out", "squared_error", "mig"},
    "infogan": {"mig"},
    "pca": {"squared_error", "mig"},
    "pixels": {"squared_error", "mig"},
    "ground_truth": {"mig"},
}


def built(system: str):
    """The recipe, data set and model of a system, fitted where it is."""
    discover()
    recipe = load_recipe(recipe_of(system)).recipe
    dataset = build_dataset(recipe)
    model = build_model(recipe, dataset.image_shape).requires_grad_(False).eval()
    if recipe.model.learns == "fit":
        model.fit(dataset, split(len(dataset), recipe.training.held_out, recipe.seed)[0], 0)
    return recipe, dataset, model


@pytest.mark.parametrize("system", SYSTEMS)
def test_what_a_system_cannot_do_is_absent(workplace: Path, system: str) -> None:
    recipe, dataset, model = built(system)
    found = evaluate(recipe, model, dataset, CPU)
    assert set(found.scores) == MEASURED[system]
    assert ("kl" in found.latents) == ("held_out" in found.scores)
    assert "null" not in json.dumps(found.scores)
    if "held_out" not in found.scores:
        assert collapse(found.scores) is None


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_curve_over_training_has_the_same_entries(workplace: Path, system: str) -> None:
    recipe, dataset, model = built(system)
    found = quick_scores(recipe, model, dataset, CPU)
    assert set(found["scores"]) == MEASURED[system]
    assert ("active_units" in found) == ("kl_per_latent" in found) == ("held_out" in found["scores"])


def test_pixels_reconstruct_without_error_and_are_described_in_part(workplace: Path) -> None:
    recipe, dataset, model = built("pixels")
    found = evaluate(recipe, model, dataset, CPU)
    assert found.scores["squared_error"]["score"] == 0
    variance = dataset.images(np.arange(75)).reshape(75, -1).astype(np.float64).var(axis=0)
    chosen = found.latents["latents"]
    assert len(chosen) == 32
    assert variance[chosen].min() >= np.delete(variance, chosen).max()
    np.testing.assert_allclose(found.latents["std"] ** 2, variance[chosen], rtol=1e-5)
    assert found.latents["positions"].shape == (32, 5, 5)


def test_principal_components_lose_what_numpy_says(workplace: Path) -> None:
    recipe, dataset, model = built("pca")
    train, held_out = split(75, 0.2, 0)
    x = dataset.images(np.arange(75)).reshape(75, -1).astype(np.float64)
    mean = x[train].mean(axis=0)
    axes = np.linalg.svd(x[train] - mean, full_matrices=False)[2][:3]
    decoded = np.clip((x[held_out] - mean) @ axes.T @ axes + mean, 0, 1)
    by_hand = ((decoded - x[held_out]) ** 2).sum(axis=1).mean()
    error = evaluate(recipe, model, dataset, CPU).scores["squared_error"]
    assert error["score"] == pytest.approx(by_hand, rel=1e-4)
    assert error["images"] == 15


def test_the_truth_is_encoded_from_factors(workplace: Path) -> None:
    recipe, dataset, model = built("ground_truth")
    found = evaluate(recipe, model, dataset, CPU)
    np.testing.assert_allclose(found.latents["mean"], [0.5, 0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.latents["curve.size"][0], [0, 0.5, 1], atol=1e-6)
    assert found.scores["mig"]["score"] > 0.9


def test_where_codes_fill_the_memory_a_share_is_encoded_and_said(workplace: Path, monkeypatch) -> None:
    monkeypatch.setattr(representation, "MOST_BYTES", 4 * 256 * 50)
    recipe, dataset, model = built("pixels")
    sizes: list[int] = []
    found = evaluate(recipe, model, dataset, CPU, lambda done, total: sizes.append(total))
    assert found.scores["mig"]["images"] == 50
    assert set(sizes) == {50}
    again = evaluate(recipe, model, dataset, CPU)
    assert again.scores == found.scores
    monkeypatch.setattr(representation, "MOST_BYTES", 4 * 256 * 75)
    assert "images" not in evaluate(recipe, model, dataset, CPU).scores["mig"]


def test_models_that_do_not_learn_by_steps_compute_in_full_precision(workplace: Path) -> None:
    discover()
    for system, expected in (("vae", True), ("pca", False)):
        loaded = load_recipe(recipe_of(system), ["training.precision=bf16"]).recipe
        encoder = representation.Encoder(loaded, None, None, CPU)
        with encoder.computing():
            assert torch.is_autocast_enabled("cpu") == expected
