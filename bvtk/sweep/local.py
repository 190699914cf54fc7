"""Cells as processes of this machine.

Each cell is a new process. That costs the two seconds in which torch loads, but no cell can affect another.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import suppress
from typing import Literal

from bvtk.errors import RunError
from bvtk.jobs import Ending, Job, Launcher, Resources
from bvtk.sweep import tether
from bvtk.sweep.machine import cores, gpus


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
            raise RunError(f"cannot start a worker: {error}", "Try again with fewer --workers.") from error
        task = LocalTask(process, gpu)
        self._running.append(task)
        return task

    def _free_gpu(self) -> str | None:
        used = [task.gpu for task in self._running]
        return min(self._gpus, key=used.count) if self._gpus else None


class LocalTask:
    """A job's process.

    Args:
        process: the process.
        gpu: its GPU, if it has one to itself or shares one.
    """

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
