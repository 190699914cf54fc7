"""Cells as processes of this machine.

Each cell is a new process. That costs the two seconds in which torch loads, but no cell can affect another.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from bvtk.errors import RunError, UsageError
from bvtk.jobs import Ending, Job, Launcher, Resources
from bvtk.sweep import tether


class LocalLauncher(Launcher):
    """Runs jobs on this machine.

    Args:
        jobs: number of jobs, which limits the number of workers.
        device: `cpu`, `cuda`, `mps` or `auto`.
        workers: number of jobs at a time; by default one per GPU, or one per core.
    """

    def __init__(self, jobs: int, device: str = "auto", workers: int | None = None) -> None:
        self._gpus = gpus(device)
        places = len(self._gpus) or (cores() if device in ("auto", "cpu") else 1)
        self.workers = workers or max(1, min(places, jobs))
        self.resources = Resources(max(1, cores() // self.workers), min(1, len(self._gpus)))
        self._running: list[LocalTask] = []

    def start(self, job: Job) -> LocalTask:
        """Starts a job on the GPU that has the fewest.

        Raises:
            RunError: if the system starts no process, or the log cannot be written.
        """
        self._running = [task for task in self._running if task.poll() is None]
        gpu = self._free_gpu()
        chosen = {"CUDA_VISIBLE_DEVICES": gpu} if gpu is not None else {}
        try:
            with job.log.open("ab") as log:
                process = subprocess.Popen(  # noqa: S603 — the command is this Python with a verb of bvtk
                    _command(job),
                    cwd=job.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **job.environment, **chosen},
                    start_new_session=True,  # Ctrl-C reaches the driver alone, which stops its jobs
                )
        except OSError as error:
            raise RunError(f"cannot start a worker: {error}", "try again with fewer --workers") from error
        task = LocalTask(process, gpu)
        self._running.append(task)
        return task

    def _free_gpu(self) -> str | None:
        used = [task.gpu for task in self._running]
        return min(self._gpus, key=used.count) if self._gpus else None


class LocalTask:
    """A job's process, and its GPU, if it has one to itself or shares one."""

    state: Literal["running"] = "running"

    def __init__(self, process: subprocess.Popen[bytes], gpu: str | None = None) -> None:
        self._process = process
        self.gpu = gpu
        self.where = platform.node() + (f", GPU {gpu}" if gpu is not None else "")

    def poll(self) -> Ending | None:
        """How it ended; None until it has."""
        code = self._process.poll()
        return None if code is None else Ending(code)

    def stop(self) -> None:
        """Sends SIGTERM."""
        with suppress(OSError):
            self._process.terminate()

    def kill(self) -> None:
        """Sends SIGKILL."""
        with suppress(OSError):
            self._process.kill()


def _command(job: Job) -> tuple[str, ...]:
    """The job's command; on Linux one that stops when this process dies."""
    if sys.platform != "linux":
        return job.argv
    return (sys.executable, "-I", "-S", str(tether.__file__), str(os.getpid()), *job.argv)


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
