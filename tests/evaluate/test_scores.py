from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.build import build_dataset, build_model
from bvtk.engine.split import split
from bvtk.errors import RunError
from bvtk.evaluate import collapse, evaluate, quick_scores
from bvtk.plugins import discover
from bvtk.recipe import load_recipe

CPU = torch.device("cpu")


def measured(*overrides: str, model=None):
    discover()
    recipe = load_recipe(Path("tiny.yaml"), overrides).recipe
    dataset = build_dataset(recipe)
    model = (model or build_model(recipe, dataset.image_shape)).requires_grad_(False)
    return recipe, dataset, model.eval(), evaluate(recipe, model.eval(), dataset, CPU)


def test_held_out_figures_are_means_over_images_that_never_train(workplace: Path) -> None:
    _, dataset, model, found = measured("training.held_out=0.2")
    _, index = split(len(dataset), 0.2, 0)
    held_out = found.scores["held_out"]
    assert held_out["images"] == len(index) == 15
    x = torch.from_numpy(dataset.images(index).astype(np.float32))
    mu, logvar = model.encode(x)
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar)
    assert held_out["kl"] == pytest.approx(float(kl.sum(1).mean()), rel=1e-5)
    assert held_out["kl_per_latent"] == pytest.approx(kl.mean(0).tolist(), rel=1e-5)
    # One sample a posterior stands for the expectation: hold it against the mean over many.
    total = 0.0
    for seed in range(50):
        z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=torch.Generator().manual_seed(seed))
        p = model.decode(z)
        total += float(-(x * p.log() + (1 - x) * (1 - p).log()).sum() / len(x))
    assert held_out["reconstruction"] == pytest.approx(total / 50, rel=0.02)
    assert held_out["elbo"] == pytest.approx(-held_out["reconstruction"] - held_out["kl"])
    assert held_out["trained_on"] is False


def test_without_held_out_images_the_scores_say_so(workplace: Path) -> None:
    *_, found = measured("training.held_out=0")
    assert found.scores["held_out"]["trained_on"] is True


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
    held_out = 1  # encoded again for a sample of its posterior, and for what its code makes of it
    assert sum(seen) == len(dataset) + 2 * held_out
    assert progress[-1] == (75, 75)


def test_latents_are_described_for_the_report(workplace: Path) -> None:
    _, dataset, model, found = measured()
    x = torch.from_numpy(dataset.images(np.arange(75)).astype(np.float32))
    mu = model.encode(x)[0].detach().numpy().reshape(3, 5, 5, 3)
    np.testing.assert_allclose(found.latents["positions"], mu.mean(0).transpose(2, 0, 1), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.latents["curve.size"], mu.mean((1, 2)).T, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.latents["std"], mu.reshape(-1, 3).std(0), rtol=1e-4)
    assert found.latents["latents"].tolist() == [0, 1, 2]
    assert set(found.latents) == {"latents", "kl", "mean", "std", "positions", "curve.size"}


def test_the_same_model_gets_the_same_scores(workplace: Path) -> None:
    *_, model, first = measured()
    assert measured(model=model)[3].scores == first.scores


def test_scores_during_training_say_how_they_were_made(workplace: Path) -> None:
    recipe, dataset, model, _ = measured()
    found = quick_scores(recipe, model, dataset, CPU)
    assert found["images"] == 75
    assert set(found["scores"]) == {"held_out", "squared_error", "mig", "beta_vae_score"}
    assert len(found["kl_per_latent"]) == 3


def test_codes_that_are_not_finite_are_an_error_and_no_score(workplace: Path) -> None:
    *_, model, _ = measured()
    with torch.no_grad():
        next(model.encoder.parameters()).fill_(float("nan"))
    with pytest.raises(RunError, match="not finite"):
        measured(model=model)


def test_a_collapsed_posterior_is_told(workplace: Path) -> None:
    *_, model, healthy = measured()
    assert collapse(healthy.scores) is None or healthy.scores["held_out"]["active_units"] == 0
    with torch.no_grad():
        list(model.encoder.parameters())[-2].zero_()
    said = collapse(measured(model=model)[3].scores)
    assert said
    assert "none of the 3 latents" in said


def test_the_squared_error_is_a_sum_over_pixels_and_a_mean_over_images_that_never_train(workplace: Path) -> None:
    _, dataset, model, found = measured("training.held_out=0.2")
    _, index = split(len(dataset), 0.2, 0)
    x = torch.from_numpy(dataset.images(index).astype(np.float32))
    by_hand = sum(float(((image - model.decode(model.encode(image)[0])) ** 2).sum()) for image in x.split(1)) / 15
    error = found.scores["squared_error"]
    assert error["score"] == pytest.approx(by_hand, rel=1e-5)
    assert error["per_pixel"] == pytest.approx(by_hand / 144, rel=1e-5)
    assert (error["images"], error["trained_on"]) == (15, False)
