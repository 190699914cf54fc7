"""Jobs and the launchers that run them: on this machine, or on others that share its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True)
class Resources:
    """What a job gets: a number of processor cores, and of GPUs."""

    cpus: int = 1
    gpus: int = 0


@dataclass(frozen=True)
class Job:
    """A command to run, with everything that it needs.

    Args:
        name: what queues and messages call it; that of the run folder.
        argv: the program and its arguments.
        folder: the working folder.
        environment: environment variables to set beside those that the launcher's own processes have.
        resources: what it gets.
        log: the file that its output is appended to.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    resources: Resources
    log: Path


@dataclass(frozen=True)
class Ending:
    """How a job ended.

    Args:
        code: its exit code, negative for the signal that killed it; None if nobody knows.
        lost: whether its machine or its launcher failed, and not the job itself. A lost job is started again.
        why: the reason in a few words, if the code does not say it.
    """

    code: int | None
    lost: bool = False
    why: str = ""


class Task(Protocol):
    """A job that was handed to a launcher."""

    @property
    def state(self) -> Literal["queued", "running"]:
        """Whether it still waits for a place to run; as of the last `look`."""

    @property
    def where(self) -> str:
        """The machine that it runs on, empty if unknown; as of the last `look`."""

    def poll(self) -> Ending | None:
        """How it ended; None until it has. Returns at once."""

    def stop(self) -> None:
        """Asks the job to stop with SIGTERM, or takes it out of the queue. Does nothing after its end."""

    def kill(self) -> None:
        """Ends it at once. Does nothing after its end."""


class Launcher(Protocol):
    """Runs jobs. The driver of a sweep calls it a few times a second, from one thread.

    Recipes, logs and run folders are files that the driver and all jobs see under the same paths. A launcher that is
    derived from this class needs only `workers`, `resources` and `start`.
    """

    workers: int
    """Number of jobs to hand over at a time: those that run and, if there is a queue, a few that wait in it."""

    resources: Resources
    """What each job gets."""

    patience: float = 20.0
    """Seconds that a job gets to end after `stop`, before `kill`."""

    def start(self, job: Job) -> Task:
        """Starts or queues a job and returns at once.

        Raises:
            BvtkError: if no job can be started at all, which ends the sweep.
        """

    def look(self, tasks: Sequence[Task]) -> None:  # noqa: ARG002
        """Updates the tasks before they are polled; ask a queue about all of them at once here."""
        return

    def close(self) -> None:
        """Frees what the launcher holds; called once, after the last job has ended or was killed."""
        return
