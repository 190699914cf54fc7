"""The driver of a sweep: hands cells to a launcher in order, waits for them, and skips finished ones."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bvtk.errors import RunBusyError
from bvtk.jobs import Ending, Job, Launcher, Task
from bvtk.lockfiles import Watch, is_locked
from bvtk.quantities import counted
from bvtk.stopping import Stop
from bvtk.sweep.cells import Cell, Sweep
from bvtk.sweep.progress import saved_step
from bvtk.sweep.record import State, Status, SweepFolder

_TICK = 0.1
_LOOK_ELSEWHERE = 1.0
_MOST_LOSSES = 3
"""Losses in a row, without a new checkpoint, after which a cell has failed."""


class Watcher(Protocol):
    """Receives the changes of a sweep."""

    def changed(self, status: Status) -> None:
        """The state of a cell is another."""

    def ticked(self) -> None:
        """Some time has passed."""


def statuses(sweep: Sweep, out: Path) -> list[Status]:
    """The cells with their states as their run folders show them: done or waiting."""
    found = [Status(cell, cell.folder(out)) for cell in sweep.cells]
    for status in found:
        status.state = "done" if status.folder.finished else "waiting"
    return found


def recorded_statuses(sweep: Sweep, out: Path) -> list[Status]:
    """The cells with their states while no driver of this process runs: done, running, failed, or waiting.

    Raises:
        RunError: if `sweep.json` is damaged.
    """
    found, failures = statuses(sweep, out), SweepFolder(sweep, out).failures()
    for status in (status for status in found if status.state == "waiting"):
        if is_locked(status.folder.lock):
            status.state = "running"
        elif status.cell.folder_name in failures:
            status.state = "failed"
            status.code, status.why = failures[status.cell.folder_name]
    return found


class Driver:
    """Runs every cell that is not finished, with options of `bvtk run`, and closes the launcher at the end.

    The cells are from `statuses`, and the caller has locked the sweep's own folder. `stop` is asked several times per
    second, and the watcher receives the changes.
    """

    def __init__(
        self,
        cells: Sequence[Status],
        folder: SweepFolder,
        launcher: Launcher,
        options: Sequence[str],
        stop: Stop,
        watcher: Watcher,
    ) -> None:
        self._cells = cells
        self._folder = folder
        self._launcher = launcher
        self._options = tuple(options)
        self._stop = stop
        self._watcher = watcher
        self._tasks: dict[int, Task] = {}
        self._waiting = deque(number for number, status in enumerate(cells) if status.state == "waiting")
        self._elsewhere: set[int] = set()
        self._looked = 0.0
        self._locks = Watch()
        self._in_vain: dict[int, tuple[int, int]] = {}
        self._stopping = False

    def run(self) -> None:
        """Returns when every cell is done or has failed.

        Raises:
            Interrupted: if a signal asked to stop, after all running cells have stopped.
        """
        try:
            with self._stop.deferred():
                self._folder.save(self._cells, at_once=True)
                while self._stop.requested is None and self._turn():
                    time.sleep(_TICK)
                self._stop_all()
                self._folder.save(self._cells, at_once=True)
                done = sum(status.state == "done" for status in self._cells)
                self._stop.check(f"stopped with {done} of {counted(len(self._cells), 'cell')} done")
        finally:
            try:
                self._stop_all()
            finally:
                self._launcher.close()

    def _turn(self) -> bool:
        """Looks at everything once; returns whether there is anything left to wait for."""
        self._reap()
        self._look_elsewhere()
        while self._waiting and len(self._tasks) < self._launcher.workers:
            self._take_up(self._waiting.popleft())
        self._folder.save(self._cells)
        self._watcher.ticked()
        return bool(self._tasks or self._waiting or self._elsewhere)

    def _take_up(self, number: int) -> None:
        status = self._cells[number]
        if status.folder.finished:  # by another process, since this driver began
            self._change(number, "done")
        elif self._locks.held(status.folder.lock):
            self._change(number, "elsewhere")
        else:
            task = self._tasks[number] = self._launcher.start(self._job(status.cell))
            status.where, status.why = task.where, ""
            self._change(number, task.state)

    def _job(self, cell: Cell) -> Job:
        # The working folder is on the path of a cell exactly if it is on ours.
        safe = () if sys.path[0] in ("", str(Path.cwd())) else ("-P",)
        options = ("--out", str(self._folder.out), *self._options)
        resources = self._launcher.resources
        return Job(
            name=cell.folder_name,
            argv=(sys.executable, *safe, "-m", "bvtk", "run", str(self._folder.recipe_of(cell)), *options),
            folder=Path.cwd(),
            environment={"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(resources.cpus))},
            resources=resources,
            log=self._folder.log_of(cell).absolute(),
        )

    def _look_elsewhere(self) -> None:
        if time.monotonic() - self._looked < _LOOK_ELSEWHERE:
            return
        self._looked = time.monotonic()
        for number in sorted(self._elsewhere):
            folder = self._cells[number].folder
            if not self._locks.held(folder.lock):
                self._change(number, "done" if folder.finished else "waiting")

    def _reap(self) -> None:
        """Notes which tasks have ended, and which run by now."""
        self._launcher.look(tuple(self._tasks.values()))
        for number, task in list(self._tasks.items()):
            status = self._cells[number]
            if (ending := task.poll()) is not None:
                del self._tasks[number]
                status.where = ""
                self._settle(number, ending)
            else:
                status.where = task.where
                if status.state != task.state:
                    self._change(number, task.state)

    def _settle(self, number: int, ending: Ending) -> None:
        status = self._cells[number]
        if status.folder.finished:
            self._change(number, "done")
        elif self._stopping:
            self._change(number, "waiting")
        elif ending.lost:
            self._lose(number, ending)
        elif ending.code == RunBusyError.exit_code and self._locks.held(status.folder.lock):
            self._change(number, "elsewhere")  # another process took it between our look and its start
        else:
            status.code, status.why = ending.code, ending.why
            self._change(number, "failed")

    def _lose(self, number: int, ending: Ending) -> None:
        """Puts a lost cell at the end of the queue, unless it is lost again and again without getting further."""
        status, step = self._cells[number], saved_step(self._cells[number].folder)
        before, losses = self._in_vain.get(number, (step, 0))
        losses = losses + 1 if step <= before else 1
        self._in_vain[number] = step, losses
        status.losses += 1
        status.why = ending.why or "its machine or its launcher failed"
        if losses < _MOST_LOSSES:
            self._change(number, "waiting", at_the_end=True)
        else:
            status.code = ending.code
            status.why = f"lost {losses} times without a new checkpoint: {status.why}"
            self._change(number, "failed")

    def _stop_all(self) -> None:
        """Stops the tasks that are left; those that do not end in time are killed."""
        self._stopping = True
        for task in self._tasks.values():
            task.stop()
        patience = self._launcher.patience
        began = time.monotonic()
        while self._tasks and time.monotonic() - began < 2 * patience:
            if time.monotonic() - began > patience:
                for task in self._tasks.values():
                    task.kill()
            self._watcher.ticked()
            time.sleep(_TICK)
            self._reap()

    def _change(self, number: int, state: State, at_the_end: bool = False) -> None:
        status = self._cells[number]
        status.state = state
        self._elsewhere.discard(number)
        if state == "elsewhere":
            self._elsewhere.add(number)
        elif state == "waiting":
            (self._waiting.append if at_the_end else self._waiting.appendleft)(number)
        self._watcher.changed(status)
