from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.engine.images import split
from bvtk.evaluate.scores import evaluate, quick_scores, warnings_of
from tests.evaluate.built import CPU, built, measured
from tests.systems import SYSTEMS


def test_held_out_scores_are_means_over_images_that_are_not_trained_on(workplace: Path) -> None:
    _, dataset, model, found = measured("training.held_out=0.2")
    _, index = split(len(dataset), 0.2, 0)
    held_out = found.scores["held_out"]
    assert held_out["images"] == len(index) == 15
    x = torch.from_numpy(dataset.images(index).astype(np.float32))
    mu, logvar = model.encode(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    assert held_out["kl"] == pytest.approx(float(kl.sum(1).mean()), rel=1e-5)
    assert held_out["kl_per_latent"] == pytest.approx(kl.mean(0).tolist(), rel=1e-5)
    # One sample per posterior estimates the expectation: compare it with the mean over many.
    total = 0.0
    for seed in range(50):
        z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=torch.Generator().manual_seed(seed))
        p = model.decode(z)
        total += float(-(x * p.log() + (1 - x) * (1 - p).log()).sum() / len(x))
    assert held_out["reconstruction"] == pytest.approx(total / 50, rel=0.02)
    assert held_out["elbo"] == pytest.approx(-held_out["reconstruction"] - held_out["kl"])
    assert held_out["trained_on"] is False


def test_without_held_out_images_the_scores_are_marked(workplace: Path) -> None:
    *_, found = measured("training.held_out=0")
    assert found.scores["held_out"]["trained_on"] is True


def test_the_squared_error_is_a_sum_over_pixels_and_a_mean_over_held_out_images(workplace: Path) -> None:
    _, dataset, model, found = measured("training.held_out=0.2")
    _, index = split(len(dataset), 0.2, 0)
    x = torch.from_numpy(dataset.images(index).astype(np.float32))
    by_hand = sum(float(((image - model.decode(model.encode(image)[0])) ** 2).sum()) for image in x.split(1)) / 15
    error = found.scores["squared_error"]
    assert error["score"] == pytest.approx(by_hand, rel=1e-5)
    assert error["per_pixel"] == pytest.approx(by_hand / 144, rel=1e-5)
    assert (error["images"], error["trained_on"]) == (15, False)


def test_the_squared_error_of_principal_components_is_numpys(workplace: Path) -> None:
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


MEASURED = {
    "vae": {"held_out", "squared_error", "mig"},
    "dc_ign": {"held_out", "squared_error", "mig"},
    "infogan": {"mig"},
    "pca": {"squared_error", "mig"},
    "pixels": {"squared_error", "mig"},
    "ground_truth": {"mig"},
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_scores_that_a_system_does_not_have_are_missing(workplace: Path, system: str) -> None:
    recipe, dataset, model = built(system)
    found = evaluate(recipe, model, dataset, CPU)
    assert set(found.scores) == MEASURED[system]
    assert ("kl" in found.latents) == ("held_out" in found.scores)
    assert "null" not in json.dumps(found.scores)
    if "held_out" not in found.scores:
        assert warnings_of(found.scores, {}) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_scores_during_training_have_the_same_entries(workplace: Path, system: str) -> None:
    recipe, dataset, model = built(system)
    found = quick_scores(recipe, model, dataset, CPU)
    assert set(found["scores"]) == MEASURED[system]
    assert ("active_units" in found) == ("kl_per_latent" in found) == ("held_out" in found["scores"])


def test_the_same_model_gets_the_same_scores(workplace: Path) -> None:
    *_, model, first = measured()
    assert measured(model=model)[3].scores == first.scores


def test_scores_during_training_have_their_number_of_images(workplace: Path) -> None:
    recipe, dataset, model, _ = measured()
    found = quick_scores(recipe, model, dataset, CPU)
    assert found["images"] == 75
    assert set(found["scores"]) == {"held_out", "squared_error", "mig", "beta_vae_score"}
    assert len(found["kl_per_latent"]) == 3


def test_a_collapsed_posterior_has_a_warning(workplace: Path) -> None:
    *_, model, healthy = measured()
    assert warnings_of(healthy.scores, {}) == [] or healthy.scores["held_out"]["active_units"] == 0
    with torch.no_grad():
        list(model.encoder.parameters())[-2].zero_()
    (warning,) = warnings_of(measured(model=model)[3].scores, {})
    assert "none of the 3 latents" in warning
