"""A sweep's own folder: what it consists of, how far it is, the cells' recipes and what their processes print."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bvtk.errors import RunBusyError, RunError
from bvtk.files import linked, write_text_atomic
from bvtk.locks import LockTakenError, file_lock
from bvtk.recipe import dump_yaml
from bvtk.runs import RunFolder, read_json, reporting_file_errors, write_json
from bvtk.sweep.cells import Cell, Sweep

State = Literal["waiting", "running", "elsewhere", "done", "failed"]
"""How a cell stands; `elsewhere` is at work in a process that is not this sweep's."""

_INTERVAL = 2.0


@dataclass
class Status:
    """How a cell stands.

    Args:
        cell: the cell.
        folder: its run folder.
        state: how it stands.
        code: the exit code of its process, where that failed.
    """

    cell: Cell
    folder: RunFolder
    state: State = "waiting"
    code: int = 0


class SweepFolder:
    """`<out>/<name>-sweep-<hash>/`.

    Args:
        sweep: the sweep.
        out: the parent of run folders.
    """

    def __init__(self, sweep: Sweep, out: Path) -> None:
        self._sweep = sweep
        self._saved = 0.0
        self.path = out / sweep.folder_name
        self.facts = self.path / "sweep.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder, and keeps other drivers of the same sweep out for the length of the block.

        Raises:
            RunError: where it can't be made, or a part of it is a link that leads out of it.
            RunBusyError: naming the process that drives the sweep.
        """
        cells, logs = self.path / "cells", self.path / "logs"
        if link := linked(cells, logs, *logs.glob("*")):
            raise RunError(
                f"{link} is a symbolic link, and a sweep writes into its own folder alone", "remove the link"
            )
        try:
            for folder in (cells, logs):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"can't make {self.path}: {error.strerror}", "choose another parent with --out") from error
        try:
            with file_lock(self.path / ".lock"), reporting_file_errors(self.path):
                yield
        except LockTakenError as error:
            owner = error.owner or "another process"
            raise RunBusyError(f"{self.path} is being run by {owner}", "Wait until it is done, or stop it.") from error

    def recipe_of(self, cell: Cell) -> Path:
        """The cell's complete recipe, written where it is missing."""
        path = self.path / "cells" / f"{cell.folder_name}.yaml"
        if not path.is_file():
            write_text_atomic(path, dump_yaml(cell.recipe))
        return path

    def log_of(self, cell: Cell) -> Path:
        """What the cell's processes print."""
        return self.path / "logs" / f"{cell.folder_name}.log"

    def failures(self) -> dict[str, int]:
        """The exit codes of the cells that failed at the last start, by run folder.

        Raises:
            RunError: where `sweep.json` is damaged.
        """
        cells = read_json(self.facts).get("cells", []) if self.facts.is_file() else []
        return {cell["run"]: cell.get("code", 1) for cell in cells if cell["state"] == "failed"}

    def save(self, cells: Sequence[Status], at_once: bool = False) -> None:
        """Writes `sweep.json`, at most every other second.

        Args:
            cells: all cells of the sweep.
            at_once: whether to write it in any case.
        """
        if at_once or time.monotonic() - self._saved >= _INTERVAL:
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
    facts = {"run": cell.folder_name, "settings": dict(cell.settings), "seed": cell.seed, "state": status.state}
    return facts | ({"code": status.code} if status.state == "failed" else {})
