"""What `bvtk sweep` does and prints."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from bvtk.cli.common import error_console, out_console, print_json
from bvtk.cli.sweepview import watching_sweep
from bvtk.counting import counted
from bvtk.errors import Interrupted
from bvtk.stopping import Stop
from bvtk.sweep.cells import read_sweep
from bvtk.sweep.driver import Driver, recorded_statuses, statuses
from bvtk.sweep.local import LocalLauncher
from bvtk.sweep.progress import headline, last_words
from bvtk.sweep.record import Status, SweepFolder


@dataclass(frozen=True)
class Request:
    """What a user asks to sweep.

    Args:
        recipe: the recipe's file.
        overrides: `a.b=value`.
        out: the parent of run folders.
        device: as the user named it.
        workers: cells at a time; None for as many as the machine has places.
    """

    recipe: Path
    overrides: tuple[str, ...]
    out: Path
    device: str
    workers: int | None


def list_cells(request: Request, as_json: bool) -> None:
    """Prints the cells and how they stand."""
    sweep = read_sweep(request.recipe, request.overrides)
    found = recorded_statuses(sweep, request.out)
    if as_json:
        print_json(_facts(SweepFolder(sweep, request.out), found))
        return
    table = _table(("run", "settings", "seed", "state"))
    for status in found:
        _add_row(table, status, status.state)
    _print_whole(table)
    out_console().print(_totals(found), markup=False)


def run_cells(request: Request, options: Sequence[str], as_json: bool) -> int:
    """Runs the cells, with progress on stderr, and prints how it ended, as JSON where a signal ended it, too.

    Args:
        request: what to sweep.
        options: of `bvtk run`, for every cell.
        as_json: whether to print JSON.

    Returns:
        How many cells failed.

    Raises:
        Interrupted: where a signal asked to stop.
    """
    sweep = read_sweep(request.recipe, request.overrides)
    launcher = LocalLauncher(len(sweep.cells), request.device, request.workers)
    folder = SweepFolder(sweep, request.out)
    found = statuses(sweep, request.out)
    try:
        with Stop().listening() as stop, folder.locked(), watching_sweep(found, launcher.workers) as watcher:
            Driver(found, folder, request.out, launcher, options, stop, watcher).run()
    except Interrupted:
        if as_json:
            print_json(_facts(folder, found) | {"stopped": True})
        raise
    _show_failures(folder, found)
    if as_json:
        print_json(_facts(folder, found) | {"stopped": False})
    else:
        _show(folder, found)
    return sum(status.state == "failed" for status in found)


def _facts(folder: SweepFolder, found: Sequence[Status]) -> dict[str, Any]:
    return {"sweep": str(folder.path), "cells": [_cell_facts(folder, status) for status in found]}


def _cell_facts(folder: SweepFolder, status: Status) -> dict[str, Any]:
    facts = {
        "run": str(status.folder.path),
        "settings": dict(status.cell.settings),
        "seed": status.cell.seed,
        "state": status.state,
        "scores": status.folder.read_scores(),
    }
    return facts | ({"code": status.code, "log": str(folder.log_of(status.cell))} if status.state == "failed" else {})


def _show(folder: SweepFolder, found: Sequence[Status]) -> None:
    console = out_console()
    if len(found) <= console.height or not console.is_terminal:
        _print_whole(_scores(found))
    console.print(f"[bold]sweep[/bold]  {folder.path}")
    comparison = shlex.join(("bvtk", "compare", str(folder.path)))
    console.print(f"\n{_totals(found)}. Try next:\n  {comparison}", markup=False)


def _scores(found: Sequence[Status]) -> Table:
    table = _table(("run", "settings", "seed", "score"))
    for status in found:
        key, score = headline(status.cell.recipe, status.folder.read_scores())
        _add_row(table, status, f"{key.replace('_', ' ')} {score:.3f}" if score is not None else status.state)
    return table


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in ("seed", "score") else "left", no_wrap=True)
    return table


def _add_row(table: Table, status: Status, last: str) -> None:
    cell = status.cell
    table.add_row(*map(Text, (cell.folder_name, cell.label, str(cell.seed), last)))


def _print_whole(table: Table) -> None:
    """Prints a table without cutting anything, however narrow the terminal."""
    console = out_console()
    wide = console.options.update_width(10_000)
    console.width = max(console.width, Measurement.get(console, wide, table).maximum)
    console.print(table)


def _totals(found: Sequence[Status]) -> str:
    states = [status.state for status in found]
    counts = {state: states.count(state) for state in ("done", "running", "waiting", "failed") if state in states}
    return f"{counted(len(found), 'cell')}: " + ", ".join(f"{count} {state}" for state, count in counts.items())


def _show_failures(folder: SweepFolder, found: Sequence[Status]) -> None:
    console = error_console()
    for status in (status for status in found if status.state == "failed"):
        how = f"signal {-status.code} ended it" if status.code < 0 else f"exit code {status.code}"
        console.print(f"failed: {status.cell.folder_name} ({how})", style="bold red", markup=False)
        for line in last_words(folder.log_of(status.cell)):
            console.print(f"   {line}", markup=False)
        console.print(f"   {folder.log_of(status.cell)}", markup=False)
