"""What many tests stand on: a tiny labelled data set, a tiny recipe, and the command line."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import bvtk
from bvtk.plugins import discover

discover(installed=False)  # a test may name any built-in component

# Tests write plugins and use them at once; tests of trust take this back. No test changes the user's own list.
os.environ["BVTK_TRUST"] = "1"
os.environ["XDG_CONFIG_HOME"] = os.environ["APPDATA"] = mkdtemp(prefix="bvtk-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_CONFIG_HOME"], ignore_errors=True)

# A shell starts what runs in its background deaf to Ctrl-C, and the processes of tests would inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test depends on how long an example takes: a busy machine fails none.
settings.register_profile("bvtk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bvtk")

TINY_RECIPE = """\
name: tiny
dataset: {type: arrays, path: data.npz}
model:
  type: vae
  latents: 3
  encoder: {type: mlp, hidden: [24]}
  decoder: {type: mlp, hidden: [24]}
objective:
  type: beta_vae
  beta: {type: linear, start: 0, end: 1, steps: 20}
training:
  {steps: 40, batch_size: 16, optimizer: {type: adam, lr: 5e-3}, precision: fp32, log_every: 10, checkpoint_every: 15}
metrics: [mig, {type: beta_vae_score, protocol: dlib, train_points: 400, test_points: 200, pairs: 8}]
"""


def squares() -> tuple[np.ndarray, np.ndarray]:
    """Bright squares of 3 sizes at 5 × 5 positions: images (75, 1, 12, 12) of 0 and 1, factors (75, 3)."""
    factors = np.stack(np.meshgrid(np.arange(3), np.arange(5), np.arange(5), indexing="ij"), -1).reshape(-1, 3)
    images = np.zeros((len(factors), 1, 12, 12), np.uint8)
    for image, (size, x, y) in zip(images, factors, strict=True):
        image[0, y : y + 4 + size, x : x + 4 + size] = 1
    return images, factors


def furnish(folder: Path) -> None:
    """Puts a tiny data set and `tiny.yaml` into a folder."""
    images, factors = squares()
    np.savez(folder / "data.npz", images=images, factors=factors, factor_names=["size", "x", "y"])
    (folder / "tiny.yaml").write_text(TINY_RECIPE)


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a tiny data set and `tiny.yaml`."""
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> bvtk.Run:
    """A run of `tiny.yaml` in a folder of its own, which its tests leave as it is."""
    folder = tmp_path_factory.mktemp("run")
    furnish(folder)
    with chdir(folder):
        return bvtk.run("tiny.yaml", out=folder / "runs")


class Cli:
    """The command line, as a person or a script uses it: another process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Starts a command."""
        command = [sys.executable, "-m", "bvtk", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": self.folder}
        return subprocess.Popen(command, **{**pipes, **options})

    def __call__(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, and checks its exit code."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=600)
        assert process.returncode == code, f"exit {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Runs a command with `--json`, and reads what it prints."""
        return json.loads(self(*arguments, "--json", code=code).stdout)


@pytest.fixture
def cli(workplace: Path) -> Cli:
    """The command line in the working folder."""
    return Cli(workplace)
