"""What stands in for training in the tests of sweeps: cells that end as they are told to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from bvtk.jobs import Ending, Job, Launcher, Resources
from bvtk.runs import RunFolder, write_json
from bvtk.sweep.cells import Cell, Sweep, read_sweep
from bvtk.sweep.record import Status

RECIPE = """\
name: toy
dataset: dsprites
model: {type: vae, latents: 3, encoder: mlp, decoder: mlp}
objective: beta_vae
training: {steps: 100}
metrics: [mig, {type: beta_vae_score, protocol: dlib}]
"""


def a_sweep(folder: Path, text: str = "sweep: {seeds: 4}\n") -> Sweep:
    """A sweep of cells that would each train for long."""
    from bvtk.plugins import discover

    discover(None, installed=False)
    (folder / "r.yaml").write_text(RECIPE + text)
    return read_sweep(folder / "r.yaml")


def finish(folder: RunFolder, score: float = 0.5) -> None:
    """Writes what a finished run has."""
    folder.create()
    for path in (folder.latents, folder.export, folder.report, folder.card):
        path.write_text("")
    write_json(folder.scores, {"held_out": {"score": -9.0}, "mig": {"score": score}})


class StandIn:
    """A task that runs for some polls, then ends.

    Args:
        polls: how often it says that it runs.
        code: what it ends with.
        end: called when it ends.
    """

    def __init__(self, polls: int, code: int, end: Callable[[], None]) -> None:
        self.polls = polls
        self.code = code
        self.state: Literal["queued", "running"] = "running"
        self.where = "here"
        self.stopped = 0
        self.killed = False
        self.deaf = False
        self._end = end

    def poll(self) -> Ending | None:
        if (self.stopped and not self.deaf) or self.killed:
            return Ending(-9 if self.killed else 143)
        self.polls -= self.state == "running"
        if self.polls >= 0:
            return None
        self._end()
        return Ending(self.code)

    def stop(self) -> None:
        self.stopped += 1

    def kill(self) -> None:
        self.killed = True


class StandInLauncher(Launcher):
    """Finishes every cell but those that it is told to fail.

    Args:
        out: the parent of run folders.
        workers: cells at a time.
        failing: names of run folders that fail.
        polls: how long each cell takes.
    """

    def __init__(self, out: Path, workers: int = 2, failing: Sequence[str] = (), polls: int = 1) -> None:
        self.workers = workers
        self.resources = Resources(cpus=3)
        self.closed = 0
        self.looks = 0
        self.jobs: list[Job] = []
        self.tasks: list[StandIn] = []
        self.most = 0
        self._out = out
        self._failing = failing
        self._polls = polls

    def start(self, job: Job) -> StandIn:
        name = job.name
        assert not self.closed
        fails = name in self._failing
        end = (lambda: None) if fails else (lambda: finish(RunFolder(self._out / name)))
        task = StandIn(self._polls, 1 if fails else 0, end)
        self.jobs.append(job)
        self.tasks.append(task)
        self.most = max(self.most, sum(each.polls > 0 for each in self.tasks))
        job.log.write_text(f"working\nerror: {name} broke\n")
        return task

    def look(self, tasks: Sequence[StandIn]) -> None:
        self.looks += 1

    def close(self) -> None:
        self.closed += 1


class Diary:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.news: list[tuple[str, str]] = []
        self.ticks = 0

    def changed(self, status: Status) -> None:
        self.news.append((status.cell.folder_name, status.state))

    def ticked(self) -> None:
        self.ticks += 1

    def of(self, cell: Cell) -> list[str]:
        return [state for name, state in self.news if name == cell.folder_name]
