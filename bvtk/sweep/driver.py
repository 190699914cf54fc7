"""The driver of a sweep: starts cells in order, waits for them, and leaves alone what is finished."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from bvtk.counting import counted
from bvtk.errors import RunBusyError
from bvtk.lockfiles import Watch, is_locked
from bvtk.stopping import Stop
from bvtk.sweep.cells import Cell, Sweep
from bvtk.sweep.launcher import Job, Launcher, Task
from bvtk.sweep.record import State, Status, SweepFolder

_TICK = 0.1
_LOOK_ELSEWHERE = 1.0
_PATIENCE = 20.0
"""Seconds in which a cell that was asked to stop has to, before it is killed."""


class Watcher(Protocol):
    """Who is told how a sweep goes."""

    def changed(self, status: Status) -> None:
        """A cell was started, has ended, or is found at work elsewhere."""

    def ticked(self) -> None:
        """Some time has passed."""


def statuses(sweep: Sweep, out: Path) -> list[Status]:
    """How the cells stand by what lies in their run folders: done, or waiting."""
    found = [Status(cell, cell.folder(out)) for cell in sweep.cells]
    for status in found:
        status.state = "done" if status.folder.finished else "waiting"
    return found


def recorded_statuses(sweep: Sweep, out: Path) -> list[Status]:
    """How the cells stand while nothing is started: done, running, failed at the last start, or waiting.

    Raises:
        RunError: where the sweep's own record is damaged.
    """
    found, failures = statuses(sweep, out), SweepFolder(sweep, out).failures()
    for status in (status for status in found if status.state == "waiting"):
        if is_locked(status.folder.lock):
            status.state = "running"
        elif (code := failures.get(status.cell.folder_name)) is not None:
            status.state, status.code = "failed", code
    return found


class Driver:
    """Runs every cell that is not finished.

    Args:
        cells: all cells, as `statuses` found them.
        folder: the sweep's own folder; the caller holds its lock.
        out: the parent of run folders.
        launcher: carries the cells out.
        options: of `bvtk run`, the same for every cell: device and plugins.
        stop: asked a few times a second.
        watcher: told how it goes.
    """

    def __init__(
        self,
        cells: Sequence[Status],
        folder: SweepFolder,
        out: Path,
        launcher: Launcher,
        options: Sequence[str],
        stop: Stop,
        watcher: Watcher,
    ) -> None:
        self._cells = cells
        self._folder = folder
        self._out = out
        self._launcher = launcher
        self._options = tuple(options)
        self._stop = stop
        self._watcher = watcher
        self._tasks: dict[int, Task] = {}
        self._waiting = deque(number for number, status in enumerate(cells) if status.state == "waiting")
        self._elsewhere: set[int] = set()
        self._looked = 0.0
        self._locks = Watch()

    def run(self) -> None:
        """Returns when every cell is done or has failed.

        Raises:
            Interrupted: where a signal asked to stop, after all cells at work have.
        """
        try:
            with self._stop.deferred():
                self._save(at_once=True)
                while self._stop.requested is None and self._turn():
                    time.sleep(_TICK)
                if self._stop.requested is not None:
                    self._stop_all(self._stop.requested)
                self._save(at_once=True)
                done = sum(status.state == "done" for status in self._cells)
                self._stop.check(f"stopped with {done} of {counted(len(self._cells), 'cell')} done")
        finally:
            for task in self._tasks.values():
                task.stop(signal.SIGTERM)

    def _turn(self) -> bool:
        """One look at everything; returns whether anything is left to wait for."""
        self._reap()
        self._look_elsewhere()
        while self._waiting and len(self._tasks) < self._launcher.workers:
            self._take_up(self._waiting.popleft())
        self._save()
        self._watcher.ticked()
        return bool(self._tasks or self._waiting or self._elsewhere)

    def _take_up(self, number: int) -> None:
        status = self._cells[number]
        if status.folder.finished:  # by somebody else, since this driver began
            self._change(number, "done")
        elif self._locks.held(status.folder.lock):
            self._change(number, "elsewhere")
        else:
            self._tasks[number] = self._launcher.start(self._job(status.cell))
            self._change(number, "running")

    def _job(self, cell: Cell) -> Job:
        recipe = str(self._folder.recipe_of(cell))
        return Job(("run", recipe, "--out", str(self._out), *self._options), self._folder.log_of(cell))

    def _look_elsewhere(self) -> None:
        if time.monotonic() - self._looked < _LOOK_ELSEWHERE:
            return
        self._looked = time.monotonic()
        for number in sorted(self._elsewhere):
            folder = self._cells[number].folder
            if not self._locks.held(folder.lock):
                self._change(number, "done" if folder.finished else "waiting")

    def _settle(self, number: int, code: int) -> None:
        status = self._cells[number]
        if status.folder.finished:
            self._change(number, "done")
        elif self._stop.requested is not None:
            self._change(number, "waiting")
        elif code == RunBusyError.exit_code and self._locks.held(status.folder.lock):
            self._change(number, "elsewhere")  # another process took it between our look and its start
        else:
            status.code = code
            self._change(number, "failed")

    def _stop_all(self, signum: int) -> None:
        for task in self._tasks.values():
            task.stop(signum)
        until = time.monotonic() + _PATIENCE
        while self._tasks:
            self._reap()
            if time.monotonic() > until:
                for task in self._tasks.values():
                    task.kill()
            self._watcher.ticked()
            time.sleep(_TICK)

    def _reap(self) -> None:
        for number, task in list(self._tasks.items()):
            if (code := task.poll()) is not None:
                del self._tasks[number]
                self._settle(number, code)

    def _change(self, number: int, state: State) -> None:
        status = self._cells[number]
        status.state = state
        self._elsewhere.discard(number)
        if state == "elsewhere":
            self._elsewhere.add(number)
        elif state == "waiting":
            self._waiting.appendleft(number)
        self._watcher.changed(status)

    def _save(self, at_once: bool = False) -> None:
        self._folder.save(self._cells, at_once)
