"""The cores and GPUs of this machine, found without importing torch."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

from bvtk.errors import UsageError

_KINDS = ("cpu", "cuda", "mps", "auto")
_HIDING = "CUDA_VISIBLE_DEVICES"


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def gpus(device: str) -> list[str]:
    """The GPUs to distribute cells over, as CUDA_VISIBLE_DEVICES names them; none if the device is another, or one GPU.

    Raises:
        UsageError: if the device is unknown.
    """
    if device.partition(":")[0] not in _KINDS:
        raise UsageError(f"unknown device {device!r}", f"known: {', '.join(_KINDS)}")
    if device not in ("auto", "cuda") or (device == "auto" and _torch_is_for_cpus()):
        return []
    if _HIDING in os.environ:
        return [name for name in os.environ[_HIDING].split(",") if name.strip() not in ("", "-1")]
    return _installed_gpus()


def _torch_is_for_cpus() -> bool:
    try:
        return "+cpu" in version("torch")
    except PackageNotFoundError:
        return False


def _installed_gpus() -> list[str]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    command = [tool, "--query-gpu=uuid", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.startswith("GPU-")]
