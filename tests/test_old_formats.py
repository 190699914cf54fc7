"""Run folders and exports of earlier versions still work: those in `data/old_runs`, by 0.1.0 with format 1."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import bvtk
from tests.conftest import Cli

OLD = Path(__file__).parent / "data" / "old_runs"
RUNS = ("vae", "pca")


@pytest.fixture
def old_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the old runs and their images."""
    shutil.copytree(OLD, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def logged_lines(run: Path) -> list[str]:
    """The logged lines of a run."""
    log = run / "metrics.jsonl"
    return log.read_text("utf-8").splitlines() if log.is_file() else []


@pytest.mark.parametrize("name", RUNS)
def test_an_old_export_has_the_same_codes_and_scores(old_runs: Path, name: str) -> None:
    run = bvtk.load(old_runs / name / "model.safetensors")
    images = np.load("images.npz")["images"][:, None]
    np.testing.assert_allclose(run.encode(images), np.load(f"{name}/codes.npy"), rtol=1e-4, atol=1e-5)
    assert run.scores == json.loads(Path(name, "scores.json").read_text("utf-8"))
    assert run.recipe.name == name


@pytest.mark.parametrize("name", RUNS)
def test_an_old_run_is_finished_from_its_first_checkpoint(old_runs: Path, name: str) -> None:
    old, new = OLD / name, old_runs / name
    shutil.rmtree(new / "checkpoints" / "step-20", ignore_errors=True)
    for file in ("scores.json", "latents.safetensors", "model.safetensors"):
        (new / file).unlink()
    Cli(old_runs)("report", name)
    assert (new / "report.html").is_file()
    weights, wanted = load_file(new / "model.safetensors"), load_file(old / "model.safetensors")
    for tensor in wanted:
        np.testing.assert_allclose(weights[tensor], wanted[tensor], rtol=1e-3, atol=1e-4)
    scores, before = (json.loads((folder / "scores.json").read_text("utf-8")) for folder in (new, old))
    assert before.keys() <= scores.keys()
    assert scores["squared_error"]["score"] == pytest.approx(before["squared_error"]["score"], rel=1e-3)
    assert scores["mig"]["score"] == pytest.approx(before["mig"]["score"], abs=0.05)
    assert len(logged_lines(new)) == len(logged_lines(old))


def test_old_runs_are_compared(old_runs: Path) -> None:
    found = Cli(old_runs)("compare", *RUNS).stdout
    assert all(name in found for name in RUNS)
