from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
import torch

import bvtk
from bvtk.build import build_dataset
from bvtk.report.gather import gather
from bvtk.runs import RunFolder
from tests.conftest import Cli, squares
from tests.systems import SYSTEMS, recipe_of
from tests.test_pipeline import pipeline

QUANTISED = Path(__file__).parent / "quantised.py"


def test_a_report_is_gathered_from_the_run(workplace: Path) -> None:
    run, _, folder = pipeline("training.held_out=0.2")
    run.export()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert inputs.name == "tiny"
    assert inputs.originals.shape == inputs.reconstructions.shape == (10, 1, 12, 12)
    assert [block.shape for block in inputs.traversals] == [(3, 11, 1, 12, 12)] * 3
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
        code[0, 1] = float(inputs.spans[1][4])
        expected = model.decode(code)[0].numpy()
    np.testing.assert_allclose(inputs.traversals[1][0, 4], expected, atol=1e-6)


def test_images_that_trained_are_said_to_have(workplace: Path) -> None:
    run, _, folder = pipeline("training.held_out=0")
    run.export()
    inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert any("no images were held out" in warning for warning in inputs.warnings)


LEARNING = {
    "vae": "beta_vae on arrays, 3 latents, 6 steps of 16 images, seed 0, cpu",
    "infogan": "infogan on arrays, 2 latents, 6 steps of 16 images, seed 0, cpu",
    "pca": "pca on arrays, 3 latents, fitted in one call, seed 0, cpu",
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
    assert (inputs.learns and inputs.reads == "images") == (system not in ("pixels", "ground_truth"))
    ends = {(span[0], span[-1]) for span in inputs.spans}
    assert ends == {"infogan": {(-1, 1)}, "ground_truth": set()}.get(system, {(-3, 3)})
    assert inputs.summary == LEARNING.get(system, inputs.summary)


def test_without_a_prior_a_latent_moves_by_its_own_deviations(workplace: Path) -> None:
    run, _, folder = pipeline(recipe=recipe_of("pca"))
    run.export()
    model = run.experiment.model
    inputs = gather(folder, run.recipe, model, run.dataset, run.device)
    everything = torch.from_numpy(run.dataset.images(np.arange(75)).astype(np.float32))
    codes = model.encode(everything)[0]
    code = model.encode(torch.from_numpy(inputs.originals[:1].astype(np.float32)))[0]
    code[0, 1] = codes[:, 1].mean() + inputs.spans[1][2] * codes[:, 1].std(correction=0)
    np.testing.assert_allclose(inputs.traversals[1][0, 2], model.decode(code)[0].numpy(), atol=1e-5)


def test_a_latent_takes_the_values_that_the_model_gives(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _, folder = pipeline(recipe=recipe_of("infogan"))
    run.export()
    model, decoded = run.experiment.model, []
    decode = model.decode
    monkeypatch.setattr(model, "decode", lambda z: decoded.append(z) or decode(z))
    inputs = gather(folder, run.recipe, model, run.dataset, run.device)
    assert inputs.own_values
    for latent, z in enumerate(decoded):
        row, other = z.reshape(3, 11, 2)[0], 1 - latent
        torch.testing.assert_close(row[:, latent], torch.linspace(-1, 1, 11))
        assert (row[:, other] == row[0, other]).all()
    assert len(decoded) == 2


def test_the_report_shows_what_traverse_gives(workplace: Path) -> None:
    for system in ("vae", "pca"):
        run, _, folder = pipeline(recipe=recipe_of(system))
        run.export()
        inputs = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
        loaded = bvtk.load(folder.path)
        found = loaded.traverse(2, loaded.encode(inputs.originals[:1]))
        np.testing.assert_allclose(inputs.traversals[2][0], found, atol=1e-6)


def test_a_model_with_discrete_codes_is_reported_by_what_it_gives(workplace: Path) -> None:
    run = bvtk.run(recipe_of("quantised"), device="cpu", plugins=[QUANTISED])
    folder = RunFolder(run.folder)
    page = folder.report.read_text(encoding="utf-8")
    inputs = gather(folder, run.recipe, run.model, build_dataset(run.recipe), torch.device("cpu"))
    assert run.traverse(1).shape == (4, 1, 16, 16)
    table = bvtk.compare(run.folder)
    assert [block.shape[:2] for block in inputs.traversals] == [(3, 3), (3, 4)]
    assert inputs.spans == [[-1, 0, 1], [0, 0.25, 0.5, 0.75]]
    assert inputs.reconstructions is not None
    assert inputs.kl_per_latent is None
    sections = set(re.findall(r'<section[^>]* id="(\w+)"', page))
    usual = {"scores", "recipe", "use", "environment"}
    assert sections - usual == {"reconstructions", "traversals", "factors", "training"}
    assert "one latent takes the values that the model gives for it. The" in page
    assert "<span>−1</span><span>0</span><span>+1</span></div>" in page
    assert "<span>0</span><span>+0.75</span></div>" in page
    assert not re.search("posterior|KL", re.sub('base64,[^"]*', "", page))
    assert "posterior" not in folder.card.read_text(encoding="utf-8")
    assert [column.text for column in table.columns] == ["mig", "held_out.reconstruction", "squared_error"]
    assert table.warnings == ()


@pytest.mark.parametrize("processes", [2, pytest.param(10, marks=pytest.mark.soak)])
def test_processes_write_the_same_report(cli: Cli, processes: int) -> None:
    """Factors come in the order of the data set: safetensors gives its arrays in another order each time."""
    recipe = recipe_of("ground_truth", cli.folder)
    images, factors = squares()
    size, x, y = factors.T
    names = ["size", "x", "y", "tone", "parity"]
    several = np.stack([size, x, y, 2 * size + x % 2, size % 2], axis=1)
    np.savez(cli.folder / "padded.npz", images=images, factors=several, factor_names=names)
    run, _, folder = pipeline(recipe=recipe)
    pages = {run.report().read_bytes()}
    shown = gather(folder, run.recipe, run.experiment.model, run.dataset, run.device)
    assert list(shown.curves) == ["size", "tone", "parity"]
    for seed in range(processes):
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "OMP_NUM_THREADS": "1"}
        with cli.start("report", str(folder.path), "--again", env=environment) as process:
            _, err = process.communicate()
        assert process.returncode == 0, err
        pages.add(folder.report.read_bytes())
    assert len(pages) == 1
