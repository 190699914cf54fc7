"""Cells as processes of this machine.

Each cell is a process of its own, started anew: it costs a cell the two seconds in which torch loads, and buys
that no cell sees what another left behind, that one which crashes takes no other along, and that a cell is
the very command that a user would type.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from bvtk.errors import RunError
from bvtk.sweep import tether
from bvtk.sweep.launcher import Job
from bvtk.sweep.machine import cores, gpus


class LocalLauncher:
    """Runs jobs on this machine.

    Args:
        jobs: how many there are in all, which bounds the workers by default.
        device: as the user named it.
        workers: jobs at a time; by default one a GPU, or one a core.
    """

    def __init__(self, jobs: int, device: str = "auto", workers: int | None = None) -> None:
        self._gpus = gpus(device)
        places = len(self._gpus) or (cores() if device in ("auto", "cpu") else 1)
        self.workers = workers or max(1, min(places, jobs))
        self.threads = max(1, cores() // self.workers)
        self._running: list[LocalTask] = []

    def start(self, job: Job) -> LocalTask:
        """Starts a job with its share of threads, on the GPU with the fewest jobs.

        Raises:
            RunError: where the system starts no process, or the log can't be written.
        """
        self._running = [task for task in self._running if task.poll() is None]
        gpu = self._free_gpu()
        try:
            with job.log.open("ab") as log:
                process = subprocess.Popen(  # noqa: S603 — the command is this Python with a verb of bvtk
                    _command(job),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._environment(gpu),
                    start_new_session=True,  # Ctrl-C reaches the driver alone, which passes it on
                )
        except OSError as error:
            raise RunError(f"can't start a worker: {error}", "try again with fewer --workers") from error
        task = LocalTask(process, gpu)
        self._running.append(task)
        return task

    def _free_gpu(self) -> str | None:
        busy = [task.gpu for task in self._running]
        return min(self._gpus, key=busy.count) if self._gpus else None

    def _environment(self, gpu: str | None) -> dict[str, str]:
        share = {"OMP_NUM_THREADS": str(self.threads)}
        chosen = {"CUDA_VISIBLE_DEVICES": gpu} if gpu is not None else {}
        return share | dict(os.environ) | chosen


class LocalTask:
    """A job's process.

    Args:
        process: the process.
        gpu: the GPU that it was dealt.
    """

    def __init__(self, process: subprocess.Popen[bytes], gpu: str | None = None) -> None:
        self._process = process
        self.gpu = gpu

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""
        return self._process.poll()

    def stop(self, signum: int) -> None:
        """Passes a signal on."""
        with suppress(OSError):
            self._process.send_signal(signum)

    def kill(self) -> None:
        """Ends it at once."""
        with suppress(OSError):
            self._process.kill()


def _command(job: Job) -> list[str]:
    # The working folder is on the workers' path exactly where it is on ours.
    safe = [] if sys.path[0] in ("", str(Path.cwd())) else ["-P"]
    command = [sys.executable, *safe, "-m", "bvtk", *job.arguments]
    if sys.platform != "linux":
        return command
    return [sys.executable, "-I", "-S", str(tether.__file__), str(os.getpid()), *command]
