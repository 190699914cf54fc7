"""The same recipe gives the same bytes: under any hash seed, with plugins, after a kill; what would differ is told."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from bvtk.pipeline import CIRCUMSTANCES
from tests.conftest import Cli
from tests.test_pipeline import pipeline

PLUGIN = Path(__file__).parents[2] / "plugins" / "tiny_conv.py"
OVERRIDES = ("training.checkpoint_every=10", "metrics=[]", "model.encoder={type: tiny_conv, width: 4}")


def exported(cli: Cli, hash_seed: str, kill_at: int | None = None) -> bytes:
    """The model that a process of its own makes, killed once after a checkpoint and resumed."""
    out = f"seed{hash_seed}"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"}
    command = ("export", "tiny.yaml", *OVERRIDES, "--out", out, "--device", "cpu")
    if kill_at is not None:
        with cli.start(*command, env=environment) as process:
            while not list((cli.folder / out).glob(f"*/checkpoints/step-{kill_at}")) and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
    with cli.start(*command, env=environment) as process:
        _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    (folder,) = (cli.folder / out).iterdir()
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture
def with_plugin(cli: Cli) -> Cli:
    (cli.folder / "plugins").mkdir()
    (cli.folder / "plugins" / "tiny_conv.py").write_text(PLUGIN.read_text())
    return cli


def test_with_a_plugin_and_after_a_kill(with_plugin: Cli) -> None:
    assert exported(with_plugin, "1") == exported(with_plugin, "2", kill_at=20)


@pytest.mark.soak
def test_under_ten_hash_seeds(with_plugin: Cli) -> None:
    assert len({exported(with_plugin, str(seed)) for seed in range(10)}) == 1


@pytest.mark.parametrize("what", CIRCUMSTANCES)
def test_what_would_change_the_bits_is_recorded_and_told_on_resume(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    begun, _, folder = pipeline("training.steps=2", "training.checkpoint_every=1")
    begun.train()
    facts = json.loads(folder.environment.read_text())
    assert facts[what]
    folder.environment.write_text(json.dumps({**facts, what: "another"}))
    for path in (folder.checkpoints / "step-2").iterdir():
        path.unlink()
    (folder.checkpoints / "step-2").rmdir()
    resumed, memory, _ = pipeline("training.steps=2", "training.checkpoint_every=1")
    resumed.train()
    assert any("the result may differ in its last bits" in warning for warning in memory.warnings)
