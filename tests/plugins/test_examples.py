"""Each example plugin through all that a user does with it: a sweep that is killed, its exports, its reports."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, chdir
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import bvtk
from bvtk.plugins import discover
from bvtk.runs import RunFolder
from tests.conftest import Cli, furnish, squares
from tests.plugins.conftest import ROOT

pytestmark = pytest.mark.filterwarnings("ignore:posterior collapse", "ignore:collapse")  # after so few steps

PATIENCE = 240.0
DENSE = "encoder: {type: mlp, hidden: [24]}, decoder: {type: mlp, hidden: [24]}"
SQUARES = "dataset: {type: arrays, path: data.npz}"
RECIPES = {
    "quantised": f"{SQUARES}\nmodel: {{type: quantised, latents: 3, {DENSE}}}\nobjective: quantised",
    "pairs": f"{SQUARES}\nmodel: {{type: ada_gvae, latents: 3, {DENSE}}}\nobjective: beta_vae",
    "hdf5": "dataset: {type: hdf5, path: data.h5, factors: labels, names: [size, x, y]}\n"
    f"model: {{type: vae, latents: 3, {DENSE}}}\nobjective: beta_vae",
}
"""What a recipe says of the components of a plugin, by plugin."""
REST = """
training:
  {steps: 6, batch_size: 16, optimizer: {type: adam, lr: 1e-2}, precision: fp32, log_every: 1, checkpoint_every: 2,
   held_out: 0.2}
metrics: [mig]
sweep: {seeds: 2}
"""
HOLD = """
import os, sys, threading
from pathlib import Path

def hold(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith("step-4"):
        Path("held.part").write_text(str(os.getpid()))
        Path("held.part").rename("held")
        threading.Event().wait()

sys.addaudithook(hold)
"""
"""A plugin that holds a run for good when its checkpoint of step 4 is written and has yet to get its name."""
FRESH = """
import os, sys
import numpy as np
import bvtk

for folder, export in zip(sys.argv[1::2], sys.argv[2::2]):
    os.chdir(folder)
    run = bvtk.load(export)
    codes = run.encode(np.load("images.npy"))
    np.savez("fresh.npz", codes=codes, images=run.decode(codes))
"""


@dataclass(frozen=True)
class Journey:
    """What became of the sweep of a plugin.

    Args:
        folder: where it ran.
        steps: of the first cell, those that were logged and those of its checkpoints, when it was killed.
        undisturbed: the same cell in one go.
    """

    folder: Path
    steps: tuple[list[int], list[str]]
    undisturbed: bvtk.Run

    @property
    def run(self) -> RunFolder:
        """The folder of the first cell."""
        return RunFolder(self.folder / "runs" / self.undisturbed.path.parent.name)

    @property
    def page(self) -> str:
        """The text of its report, without styles and pictures."""
        return re.sub(r"<style>.*?</style>|<[^>]*>", " ", self.run.report.read_text(), flags=re.DOTALL)


@pytest.fixture(scope="module")
def journeys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Journey]]:
    """The sweep of each plugin, killed in its first cell and finished by the same command."""
    folders = {plugin: prepared(tmp_path_factory.mktemp(plugin), plugin) for plugin in RECIPES}
    drivers = [sweep(folder) for folder in folders.values()]
    killed = {plugin: kill(folders[plugin], driver) for plugin, driver in zip(folders, drivers, strict=True)}
    with ExitStack() as stack:
        drivers = [stack.enter_context(sweep(folder)) for folder in folders.values()]
        alone = {plugin: alone_in(folder) for plugin, folder in folders.items()}
        for driver in drivers:
            out, err = driver.communicate(timeout=PATIENCE)
            assert driver.returncode == 0, f"{out}\n{err}"
    found = {plugin: Journey(folders[plugin], killed[plugin], alone[plugin]) for plugin in RECIPES}
    load_afresh(list(found.values()))
    yield found
    discover(installed=False)


def prepared(folder: Path, plugin: str) -> Path:
    furnish(folder)
    with h5py.File(folder / "data.h5", "w") as file:
        file["images"], file["labels"] = squares()
    np.save(folder / "images.npy", squares()[0][:9])
    (folder / "plugins").mkdir()
    shutil.copy(ROOT / "plugins" / f"{plugin}.py", folder / "plugins")
    (folder / "plugins/hold.py").write_text(HOLD)
    (folder / "recipe.yaml").write_text(f"name: {plugin}\n{RECIPES[plugin]}{REST}")
    return folder


def sweep(folder: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "BVTK_CACHE": str(folder / "cache")}
    return Cli(folder).start("sweep", "recipe.yaml", "--workers", "1", "--device", "cpu", env=environment)


def kill(folder: Path, driver: subprocess.Popen[str]) -> tuple[list[int], list[str]]:
    """Kills driver and worker as soon as the worker is held, and tells how far it had come."""
    with driver:
        until = time.monotonic() + PATIENCE
        while not (folder / "held").exists():
            assert driver.poll() is None, driver.communicate()
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(int((folder / "held").read_text()), signal.SIGKILL)
        driver.kill()
    (folder / "plugins/hold.py").unlink()
    (log,) = (folder / "runs").glob("*/metrics.jsonl")
    logged = [line["step"] for line in RunFolder(log.parent).read_log()]
    return logged, [path.name for path in (log.parent / "checkpoints").glob("step-*")]


def alone_in(folder: Path) -> bvtk.Run:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setenv("BVTK_CACHE", str(folder / "cache"))
        run = bvtk.run("recipe.yaml", "seed=0", out="alone", device="cpu")
    torch.set_num_threads(threads)
    return run


def load_afresh(journeys: list[Journey]) -> None:
    arguments = [str(path) for journey in journeys for path in (journey.folder, journey.run.export)]
    subprocess.run([sys.executable, "-c", FRESH, *arguments], check=True)


every_plugin = pytest.mark.parametrize("plugin", RECIPES)


@every_plugin
def test_a_killed_sweep_resumes_to_the_same_bytes(journeys: dict[str, Journey], plugin: str) -> None:
    journey = journeys[plugin]
    assert journey.steps == ([1, 2, 3, 4], ["step-2"])
    assert len(list((journey.folder / "runs").glob(f"{plugin}-*/model.safetensors"))) == 2
    alone = RunFolder(journey.folder / journey.undisturbed.path.parent)
    for name in ("model.safetensors", "scores.json", "latents.safetensors", "recipe.yaml"):
        assert (journey.run.path / name).read_bytes() == (alone.path / name).read_bytes(), name
    assert untimed(journey.run) == untimed(alone)


def untimed(run: RunFolder) -> list[dict[str, float]]:
    return [{name: value for name, value in line.items() if name != "images_per_second"} for line in run.read_log()]


@every_plugin
def test_a_fresh_process_loads_the_export(journeys: dict[str, Journey], plugin: str) -> None:
    journey = journeys[plugin]
    images = np.load(journey.folder / "images.npy")
    codes = journey.undisturbed.encode(images)
    fresh = np.load(journey.folder / "fresh.npz")
    np.testing.assert_array_equal(fresh["codes"], codes)
    np.testing.assert_allclose(fresh["images"], journey.undisturbed.decode(codes), atol=1e-6)
    assert fresh["images"].shape == images.shape
    assert f"plugins/{plugin}.py" in journey.page


WITHOUT_POSTERIOR = {"score", "reconstruction", "active_units", "latents", "images", "trained_on"}
WITH_POSTERIOR = WITHOUT_POSTERIOR | {"elbo", "kl", "kl_per_latent"}


@every_plugin
def test_what_a_model_gives_is_measured_and_reported_and_nothing_else(
    journeys: dict[str, Journey], plugin: str
) -> None:
    journey = journeys[plugin]
    scores = journey.run.read_scores()
    assert scores.keys() == {"held_out", "squared_error", "mig"}
    with_posterior = plugin != "quantised"
    assert scores["held_out"].keys() == (WITH_POSTERIOR if with_posterior else WITHOUT_POSTERIOR)
    headings = {"Reconstructions", "Traversals", "What each latent follows", "Training", "Squared error"}
    assert all(heading in journey.page for heading in headings)
    assert ("one latent takes the values that the model gives for it" in journey.page) == (plugin == "quantised")
    for words in (r"\bKL\b", "ELBO", "Information in each latent", "posterior means"):
        assert bool(re.search(words, journey.page)) == with_posterior, words
    assert (journey.run.figures / "kl.png").exists() == with_posterior
