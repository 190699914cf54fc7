from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.build import build_dataset, build_model
from bvtk.data import FactorGrid, ImageSet
from bvtk.data.imageset import Bytes
from bvtk.errors import RunError
from bvtk.evaluate import representation
from bvtk.evaluate.representation import Representation, latent_statistics
from bvtk.evaluate.scores import evaluate
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from tests.evaluate.built import CPU, built, measured
from tests.systems import recipe_of


def test_every_image_is_encoded_once(workplace: Path) -> None:
    discover()
    recipe = load_recipe(Path("tiny.yaml")).recipe
    dataset = build_dataset(recipe)
    model = build_model(recipe, dataset.image_shape).eval()
    seen = []
    encode = model.encode
    model.encode = lambda x: seen.append(len(x)) or encode(x)
    progress: list[tuple[int, int]] = []
    evaluate(recipe, model, dataset, CPU, lambda done, total: progress.append((done, total)))
    held_out = 1  # encoded again for a sample of its posterior, and for its squared error
    assert sum(seen) == len(dataset) + 2 * held_out
    assert progress[-1] == (75, 75)


def test_codes_that_are_not_finite_are_an_error(workplace: Path) -> None:
    *_, model, _ = measured()
    with torch.no_grad():
        next(model.encoder.parameters()).fill_(float("nan"))
    with pytest.raises(RunError, match="not finite"):
        measured(model=model)


def test_the_ground_truth_is_encoded_from_factors(workplace: Path) -> None:
    recipe, dataset, model = built("ground_truth")
    found = evaluate(recipe, model, dataset, CPU)
    np.testing.assert_allclose(found.latents["mean"], [0.5, 0.5, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.latents["curve.size"][0], [0, 0.5, 1], atol=1e-6)
    assert found.scores["mig"]["score"] > 0.9


def test_if_codes_fill_the_memory_a_subset_is_encoded(workplace: Path, monkeypatch) -> None:
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


def test_models_without_steps_compute_in_full_precision(workplace: Path) -> None:
    discover()
    for system, expected in (("vae", True), ("pca", False)):
        loaded = load_recipe(recipe_of(system), ["training.precision=bf16"]).recipe
        encoder = representation.Encoder(loaded, None, None, CPU)
        with encoder.computing():
            assert torch.is_autocast_enabled("cpu") == expected


def test_panels_follow_the_roles_of_factors() -> None:
    grid = FactorGrid(("kind", "left", "up", "size"), (2, 3, 4, 5))
    roles = {"kind": "category", "left": "horizontal", "up": "vertical"}
    data = ImageSet(Bytes(np.zeros((120, 1, 1, 1), np.uint8)), grid, 255, {}, factor_roles=roles)
    index = np.arange(120)
    codes = data.factors(index).astype(np.float32)
    found = latent_statistics(data, Representation(index, codes, None))
    assert found["positions"].shape == (4, 3, 4)
    assert (found["positions"][1] == np.arange(3)[:, None]).all()
    assert found["curve.kind"].shape == (4, 2)
    assert found["curve.size"].shape == (4, 2, 5)
    assert (found["curve.size"][3] == np.arange(5)).all()
    assert not {"curve.left", "curve.up"} & set(found)


def test_without_roles_every_factor_has_a_curve() -> None:
    grid = FactorGrid(("shape", "x", "y"), (2, 3, 4))
    data = ImageSet(Bytes(np.zeros((24, 1, 1, 1), np.uint8)), grid, 255, {}, factor_roles={})
    index = np.arange(24)
    found = latent_statistics(data, Representation(index, data.factors(index).astype(np.float32), None))
    shapes = {name: values.shape for name, values in found.items() if name.startswith("curve.")}
    assert shapes == {"curve.shape": (3, 2), "curve.x": (3, 3), "curve.y": (3, 4)}
    assert "positions" not in found


def test_statistics_by_hand(workplace: Path) -> None:
    _, dataset, model, found = measured()
    x = torch.from_numpy(dataset.images(np.arange(75)).astype(np.float32))
    mu = model.encode(x)[0].detach().numpy().reshape(3, 5, 5, 3)
    np.testing.assert_allclose(found.latents["positions"], mu.mean(0).transpose(2, 0, 1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.latents["curve.size"], mu.mean((1, 2)).T, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.latents["std"], mu.reshape(-1, 3).std(0), rtol=1e-4)
    assert found.latents["latents"].tolist() == [0, 1, 2]
    assert set(found.latents) == {"latents", "kl", "mean", "std", "positions", "curve.size"}


def test_pixels_have_statistics_of_the_largest_variances(workplace: Path) -> None:
    recipe, dataset, model = built("pixels")
    found = evaluate(recipe, model, dataset, CPU)
    assert found.scores["squared_error"]["score"] == 0
    variance = dataset.images(np.arange(75)).reshape(75, -1).astype(np.float64).var(axis=0)
    chosen = found.latents["latents"]
    assert len(chosen) == 32
    assert variance[chosen].min() >= np.delete(variance, chosen).max()
    np.testing.assert_allclose(found.latents["std"] ** 2, variance[chosen], rtol=1e-5)
    assert found.latents["positions"].shape == (32, 5, 5)
