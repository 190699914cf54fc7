"""A sweep's own folder: its cells with their states, their recipes, and what their processes print."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bvtk.errors import RunError
from bvtk.files import write_text_atomic
from bvtk.locks import Lock
from bvtk.recipe import dump_yaml
from bvtk.runs import RunFolder, check_own, read_json, reporting_file_errors, sole_writer, write_json
from bvtk.sweep.cells import Cell, Sweep

State = Literal["waiting", "queued", "running", "elsewhere", "done", "failed"]
"""`queued` waits in the queue of a launcher; `elsewhere` runs in a process that this sweep did not start."""

_INTERVAL = 2.0


@dataclass
class Status:
    """A cell with its state.

    Args:
        code: the exit code of a failed cell, negative for a signal; None if nobody knows.
        why: why it failed, if the code does not say it; for a waiting cell, why it was lost.
        where: the machine that it runs on.
        losses: how often its machine or its launcher failed.
    """

    cell: Cell
    folder: RunFolder
    state: State = "waiting"
    code: int | None = None
    why: str = ""
    where: str = ""
    losses: int = 0

    def facts(self) -> dict[str, Any]:
        """The state for JSON, with what else is known."""
        known = {"where": self.where, "losses": self.losses, "why": self.why}
        facts = {"state": self.state, **{name: value for name, value in known.items() if value}}
        return facts | ({"code": self.code} if self.state == "failed" else {})

    @property
    def reason(self) -> str:
        """Why it failed, in words."""
        how = f"killed by signal {-self.code}" if self.code and self.code < 0 else f"exit code {self.code}"
        return self.why or how


class SweepFolder:
    """`<out>/<name>-sweep-<hash>/`, where `out` is the parent of run folders."""

    def __init__(self, sweep: Sweep, out: Path) -> None:
        self._sweep = sweep
        self._saved = 0.0
        self._lock: Lock | None = None
        self.out = out
        self.path = out / sweep.folder_name
        self.facts = self.path / "sweep.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Creates the folder, and keeps other drivers of the same sweep out for the length of the block.

        Raises:
            RunError: if it cannot be created, or a part of it is a link that leads out of it.
            RunBusyError: if another process runs the sweep, with that process's number and host.
        """
        cells, logs = self.path / "cells", self.path / "logs"
        check_own("sweep", self.path, cells, logs, *logs.glob("*"))
        try:
            for folder in (cells, logs):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"cannot create {self.path}: {error.strerror}", "choose another parent with --out"
            ) from error
        hint = "wait until it is done, or stop it"
        try:
            with sole_writer(self.path, "being run", hint) as self._lock, reporting_file_errors(self.path):
                yield
        finally:
            self._lock = None

    def recipe_of(self, cell: Cell) -> Path:
        """The cell's complete recipe, written if it is missing."""
        path = self.path / "cells" / f"{cell.folder_name}.yaml"
        if not path.is_file():
            write_text_atomic(path, dump_yaml(cell.recipe))
        return path

    def log_of(self, cell: Cell) -> Path:
        """What the cell's processes print."""
        return self.path / "logs" / f"{cell.folder_name}.log"

    def failures(self) -> dict[str, tuple[int | None, str]]:
        """The exit codes and reasons of the cells that failed last time, by run folder.

        Raises:
            RunError: if `sweep.json` is damaged.
        """
        cells = read_json(self.facts).get("cells", []) if self.facts.is_file() else []
        return {cell["run"]: (cell.get("code"), cell.get("why", "")) for cell in cells if cell["state"] == "failed"}

    def save(self, cells: Sequence[Status], at_once: bool = False) -> None:
        """Writes `sweep.json` with all cells: at most every two seconds, unless it is wanted at once.

        Raises:
            LockLostError: if the folder or its lock was removed, so that another process may run the sweep.
        """
        if at_once or time.monotonic() - self._saved >= _INTERVAL:
            if self._lock is not None:
                self._lock.check()
            write_json(self.facts, self._facts(cells))
            self._saved = time.monotonic()

    def _facts(self, cells: Sequence[Status]) -> dict[str, Any]:
        recipe = self._sweep.loaded
        published = self._sweep.published.model_dump(mode="json") if self._sweep.published else None
        return {
            "name": recipe.recipe.name,
            "recipe": str(recipe.path),
            "published": published,
            "cells": [_cell_facts(status) for status in cells],
        }


def _cell_facts(status: Status) -> dict[str, Any]:
    cell = status.cell
    return {"run": cell.folder_name, "settings": dict(cell.settings), "seed": cell.seed, **status.facts()}
