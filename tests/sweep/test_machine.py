from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bvtk.errors import UsageError
from bvtk.sweep import machine
from bvtk.sweep.machine import cores, gpus


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose nvidia-smi tells of two GPUs, and a torch that can use them."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho GPU-aaa\necho GPU-bbb\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(machine, "version", lambda _: "2.6.0+cu124")


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


def test_gpus_are_found_without_torch(two_gpus: None) -> None:
    assert gpus("auto") == gpus("cuda") == ["GPU-aaa", "GPU-bbb"]
    assert gpus("cpu") == gpus("cuda:1") == gpus("mps") == []


def test_gpus_that_are_hidden_stay_so(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,GPU-x")
    assert gpus("auto") == ["1", "GPU-x"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus("auto") == []


def test_a_torch_for_cpus_uses_none_by_itself(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "version", lambda _: "2.6.0+cpu")
    assert gpus("auto") == []
    assert gpus("cuda") == ["GPU-aaa", "GPU-bbb"]


def test_a_tool_that_fails_finds_none(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(9, "nvidia-smi")

    monkeypatch.setattr(subprocess, "run", fail)
    assert gpus("cuda") == []


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown device 'gpu'"):
        gpus("gpu")
