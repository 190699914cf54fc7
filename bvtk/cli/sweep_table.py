"""The cells of a sweep as tables and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from bvtk.cli.common import error_console, out_console, print_json, print_whole
from bvtk.counting import counted
from bvtk.sweep.progress import headline, last_words
from bvtk.sweep.record import Status, SweepFolder


def print_cells(folder: SweepFolder, found: Sequence[Status], as_json: bool) -> None:
    """Prints the cells and their states."""
    if as_json:
        print_json(_facts(folder, found))
        return
    table = _table(("run", "settings", "seed", "state"))
    for status in found:
        _add_row(table, status, status.state)
    print_whole(table)
    out_console().print(_totals(found), markup=False)


def print_result(folder: SweepFolder, found: Sequence[Status]) -> None:
    """Prints the scores of a sweep that has ended, and what to try next."""
    console = out_console()
    if len(found) <= console.height or not console.is_terminal:
        print_whole(_scores(found))
    console.print(f"[bold]sweep[/bold]  {folder.path}")
    comparison = shlex.join(("bvtk", "compare", str(folder.path)))
    console.print(f"\n{_totals(found)}. Try next:\n  {comparison}", markup=False)


def print_json_result(folder: SweepFolder, found: Sequence[Status], stopped: bool) -> None:
    """Prints the states and scores of a sweep that has ended.

    Args:
        folder: the sweep's own folder.
        found: its cells.
        stopped: whether a signal ended it.
    """
    print_json(_facts(folder, found) | {"stopped": stopped})


def print_failures(folder: SweepFolder, found: Sequence[Status]) -> None:
    """Prints which cells failed, with the last lines of their logs, to stderr."""
    console = error_console()
    for status in (status for status in found if status.state == "failed"):
        console.print(f"failed: {status.cell.folder_name} ({status.reason})", style="bold red", markup=False)
        for line in last_words(folder.log_of(status.cell)):
            console.print(f"   {line}", markup=False)
        console.print(f"   {folder.log_of(status.cell)}", markup=False)


def _facts(folder: SweepFolder, found: Sequence[Status]) -> dict[str, Any]:
    return {"sweep": str(folder.path), "cells": [_cell_facts(folder, status) for status in found]}


def _cell_facts(folder: SweepFolder, status: Status) -> dict[str, Any]:
    return {
        "run": str(status.folder.path),
        "settings": dict(status.cell.settings),
        "seed": status.cell.seed,
        **status.facts(),
        "scores": status.folder.read_scores(),
        **({"log": str(folder.log_of(status.cell))} if status.state == "failed" else {}),
    }


def _scores(found: Sequence[Status]) -> Table:
    table = _table(("run", "settings", "seed", "score"))
    for status in found:
        key, score = headline(status.folder.read_scores())
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


def _totals(found: Sequence[Status]) -> str:
    states = [status.state for status in found]
    counts = {state: states.count(state) for state in ("done", "running", "waiting", "failed") if state in states}
    return f"{counted(len(found), 'cell')}: " + ", ".join(f"{count} {state}" for state, count in counts.items())
