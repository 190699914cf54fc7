from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.build import build_dataset, build_model
from bvtk.errors import RunError
from bvtk.evaluate import representation
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
