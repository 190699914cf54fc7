"""UDR over runs: tiny models of several kinds, trained for a few steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import bvtk
from bvtk.api import run_folder
from bvtk.errors import UsageError
from bvtk.metrics.estimators.latents import kl_per_latent
from bvtk.metrics.udr import udr
from bvtk.pipeline import working
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from tests.systems import recipe_of


def exported(recipe: Path, *overrides: str) -> Path:
    """Trains, scores and exports; writes no report, which takes longest."""
    discover(None)
    loaded = load_recipe(recipe, overrides)
    folder = run_folder(loaded.recipe, Path("runs"))
    with working(loaded, folder, "cpu") as pipeline:
        return pipeline.export()


def learned_vae() -> Path:
    """Writes the recipe of a VAE that trains just long enough for its codes to say something, and gives its path."""
    path = recipe_of("vae")
    longer = "steps: 60, optimizer: {type: adam, lr: 5e-3}"
    path.write_text(path.read_text().replace("steps: 6", longer).replace("evaluate_every: 3, ", ""))
    return path


@pytest.fixture
def runs(workplace: Path) -> list[Path]:
    """Exports of three VAEs of one setting, one of another, and two PCAs, in `runs`."""
    vae, pca = learned_vae(), recipe_of("pca")
    setting = [exported(vae, f"seed={seed}") for seed in range(3)]
    return [*setting, exported(vae, "objective.beta=0.5"), *(exported(pca, f"seed={seed}") for seed in range(2))]


def test_models_of_one_setting_are_ranked(runs: list[Path]) -> None:
    found = bvtk.udr("runs", device="cpu")
    assert [setting["label"] for setting in found["settings"]] == ["pca", "vae (beta=4)"]
    pca, vae = found["settings"]
    assert [run["seed"] for run in vae["runs"]] == [0, 1, 2]
    assert [run["run"] for run in vae["runs"]] == [path.parent.name for path in runs[:3]]
    assert vae["images"] == pca["images"] == 75  # all there are
    assert vae["score"] == np.median([run["score"] for run in vae["runs"]])
    assert pca["runs"][0]["active_codes"] == 3
    assert 0 < pca["score"] < 1  # x and y are alike, so each PCA turns them its own way
    assert found["left_out"] == [f"{runs[3].parent.name} is the only model of its setting"]


def test_scores_are_those_of_the_arrays(runs: list[Path]) -> None:
    models = [bvtk.load(path) for path in runs[:3]]
    images = np.load("padded.npz")["images"]
    encoded = [model.model.encode(model._unit(images)) for model in models]
    codes = [mu.detach().numpy() for mu, _ in encoded]
    kl = [kl_per_latent(mu.detach().numpy(), logvar.detach().numpy()) for mu, logvar in encoded]
    for measure in ("lasso", "spearman"):
        expected = udr(codes, kl, measure=measure)
        found = bvtk.udr(runs[:3], measure=measure, device="cpu")["settings"][0]
        assert [run["score"] for run in found["runs"]] == pytest.approx(expected.scores, abs=1e-3)
        pairs = np.array(found["pairs"], float)
        np.testing.assert_allclose(pairs, expected.pairs, atol=1e-3)
    assert found["runs"][0]["run"] == str(runs[0])


def test_the_seed_draws_the_images(runs: list[Path]) -> None:
    first, again, other = (bvtk.udr(runs[:2], images=20, seed=seed, device="cpu") for seed in (1, 1, 2))
    assert first == again
    assert first["settings"] != other["settings"]
    assert first["settings"][0]["images"] == 20


def test_what_can_not_be_ranked(runs: list[Path]) -> None:
    with pytest.raises(UsageError, match="only model of its setting"):
        bvtk.udr([runs[0], runs[3]], device="cpu")
    with pytest.raises(UsageError, match="unknown measure 'kendall'"):
        bvtk.udr("runs", measure="kendall")
    with pytest.raises(UsageError, match="found 1 and 0"):
        bvtk.udr("runs", images=1)
    runs[0].unlink()
    left = bvtk.udr([path.parent for path in runs[:3]], device="cpu")
    assert left["left_out"] == [f"{runs[0].parent.name} has no model.safetensors on this machine"]
    np.savez("padded.npz", images=np.zeros((9, 1, 8, 8), np.uint8), factors=np.zeros((9, 3), int))
    with pytest.raises(UsageError, match="now has 1×8×8"):
        bvtk.udr(runs[1:3], device="cpu")
