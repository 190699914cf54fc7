"""The cells of a sweep as tables and as JSON."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from bvtk.cli.common import add_row, new_table, out_console, print_table, say, show
from bvtk.quantities import counted
from bvtk.sweep.progress import headline, last_words
from bvtk.sweep.record import Status, SweepFolder


def print_cells(found: Sequence[Status]) -> None:
    """Prints the cells and their states."""
    _print_rows("state", found, [status.state for status in found])
    show(_totals(found))


def print_result(folder: SweepFolder, found: Sequence[Status]) -> None:
    """Prints the scores of a sweep that has ended, and what to try next."""
    console = out_console()
    if len(found) <= console.height or not console.is_terminal:
        _print_rows("result", found, [_result(status) for status in found])
    show(("sweep", "bold"), f"  {folder.path}")
    show("")
    show(f"{_totals(found)}. Try next:")
    show(f"  {shlex.join(('bvtk', 'compare', str(folder.path)))}")


def print_failures(folder: SweepFolder, found: Sequence[Status]) -> None:
    """Prints which cells failed, with the last lines of their logs, to stderr."""
    for status in (status for status in found if status.state == "failed"):
        say((f"failed: {status.cell.folder_name} ({status.reason})", "bold red"))
        for text in (*last_words(folder.log_of(status.cell)), folder.log_of(status.cell)):
            say(f"   {text}")


def sweep_facts(folder: SweepFolder, found: Sequence[Status]) -> dict[str, Any]:
    """The states and scores of the cells, as JSON values."""
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


def _result(status: Status) -> str:
    """The headline score, or the state of a cell without one."""
    key, score = headline(status.folder.read_scores())
    return f"{key.replace('_', ' ')} {score:.3f}" if score is not None else status.state


def _print_rows(heading: str, found: Sequence[Status], last: Sequence[str]) -> None:
    table = new_table("run", "settings", "seed", heading, numbers=("seed", "result"))
    for status, text in zip(found, last, strict=True):
        cell = status.cell
        add_row(table, cell.folder_name, cell.label, str(cell.seed), text)
    print_table(table)


def _totals(found: Sequence[Status]) -> str:
    states = [status.state for status in found]
    counts = {state: states.count(state) for state in ("done", "running", "waiting", "failed") if state in states}
    return f"{counted(len(found), 'cell')}: " + ", ".join(f"{count} {state}" for state, count in counts.items())
