from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.report.gather import gather
from tests.systems import SYSTEMS, recipe_of
from tests.test_pipeline import pipeline


def test_a_report_is_gathered_from_the_run(workplace: Path) -> None:
    run, _, folder = pipeline("training.held_out=0.2")
    run.export()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert inputs.name == "tiny"
    assert inputs.originals.shape == inputs.reconstructions.shape == (10, 1, 12, 12)
    assert inputs.traversals.shape == (3, 3, 11, 1, 12, 12)
    assert inputs.positions is not None
    assert inputs.positions.shape == (3, 5, 5)
    assert set(inputs.curves) == {"size"}
    assert inputs.scores["mig"]["score"] >= 0
    assert [line["step"] for line in inputs.log] == [10, 20, 30, 40]
    assert inputs.timings["train"] > 0
    assert inputs.warnings == []


def test_only_the_named_latent_moves_in_a_traversal(workplace: Path) -> None:
    """The block of latent l at value v is the decoded inferred code with v in place l."""
    run, _, folder = pipeline("training.held_out=0.2")
    run.export()
    model = run.experiment.model
    inputs = gather(folder, run.recipe, model, run.dataset, run.device)
    with torch.inference_mode():
        code = model.encode(torch.from_numpy(inputs.originals[:1].astype(np.float32)))[0]
        code[0, 1] = float(inputs.span[4])
        expected = model.decode(code)[0].numpy()
    np.testing.assert_allclose(inputs.traversals[1, 0, 4], expected, atol=1e-6)


def test_images_that_trained_are_said_to_have(workplace: Path) -> None:
    run, _, folder = pipeline("training.held_out=0")
    run.export()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert any("no images were held out" in warning for warning in inputs.warnings)


LEARNING = {
    "vae": "beta_vae on arrays, 3 latents, 6 steps of 16 images, seed 0, cpu",
    "infogan": "infogan on arrays, 2 latents, 6 steps of 16 images, seed 0, cpu",
    "pca": "pca on arrays, 3 latents, fitted at one go, seed 0, cpu",
    "pixels": "pixels on arrays, 256 latents, untrained, seed 0, cpu",
    "ground_truth": "ground_truth on arrays, 3 latents, the factors themselves, seed 0, cpu",
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_of_every_system_what_it_can_do_is_gathered(workplace: Path, system: str) -> None:
    run, _, folder = pipeline(recipe=recipe_of(system))
    run.report()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert (inputs.traversals is None) == (system == "ground_truth")
    assert (inputs.reconstructions is None) == (system in ("ground_truth", "infogan"))
    assert (inputs.kl_per_latent is None) == (system not in ("vae", "dc_ign"))
    assert bool(inputs.log) == (system in ("vae", "dc_ign", "infogan"))
    assert inputs.positions is not None
    assert set(inputs.curves) == {"size"}
    assert (folder.figures / "activation.png").is_file(), "the paper's Figure 7 is drawn of all"
    assert inputs.learns_from_images == (system not in ("pixels", "ground_truth"))
    assert (inputs.span[0], inputs.span[-1]) == ((-1, 1) if system == "infogan" else (-3, 3))
    assert inputs.summary == LEARNING.get(system, inputs.summary)


def test_without_a_prior_a_latent_moves_by_its_own_deviations(workplace: Path) -> None:
    run, _, folder = pipeline(recipe=recipe_of("pca"))
    run.export()
    model = run.experiment.model
    inputs = gather(folder, run.recipe, model, run.dataset, run.device)
    everything = torch.from_numpy(run.dataset.images(np.arange(75)).astype(np.float32))
    codes = model.encode(everything)[0]
    code = model.encode(torch.from_numpy(inputs.originals[:1].astype(np.float32)))[0]
    code[0, 1] = codes[:, 1].mean() + inputs.span[2] * codes[:, 1].std(correction=0)
    np.testing.assert_allclose(inputs.traversals[1, 0, 2], model.decode(code)[0].numpy(), atol=1e-5)


def test_a_code_with_bounds_moves_between_them(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _, folder = pipeline(recipe=recipe_of("infogan"))
    run.export()
    model, decoded = run.experiment.model, []
    decode = model.decode
    monkeypatch.setattr(model, "decode", lambda z: decoded.append(z) or decode(z))
    inputs = gather(folder, run.recipe, model, run.dataset, run.device)
    assert inputs.code_range == (-1.0, 1.0)
    for latent, z in enumerate(decoded):
        row, other = z.reshape(3, 11, 2)[0], 1 - latent
        torch.testing.assert_close(row[:, latent], torch.linspace(-1, 1, 11))
        assert (row[:, other] == row[0, other]).all()
    assert len(decoded) == 2
