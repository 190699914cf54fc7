"""What carries out the cells of a sweep: one command each, on this machine or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Job:
    """One cell as a command.

    Args:
        arguments: what follows `bvtk`, such as `("run", "cells/vae-1a2b3c4d5e.yaml", "--out", "runs")`.
        log: where all that it prints goes; an existing file is continued.
    """

    arguments: tuple[str, ...]
    log: Path


class Task(Protocol):
    """A job that was started."""

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""

    def stop(self, signum: int) -> None:
        """Asks it to stop, as a signal would; nothing where it has ended."""

    def kill(self) -> None:
        """Ends it at once."""


class Launcher(Protocol):
    """Where jobs run.

    The driver asks for at most `workers` jobs at a time and polls each a few times a second. A launcher for a
    cluster submits in `start`, asks the queue in `poll` and cancels in `stop`; run folders, recipes and logs
    are files that both sides see.
    """

    workers: int
    """Jobs at a time."""

    def start(self, job: Job) -> Task:
        """Starts a job and returns at once."""
