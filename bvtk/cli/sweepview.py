"""How a sweep is watched: a live table on a terminal, plain lines elsewhere; all of it on stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bvtk.cli.common import error_console
from bvtk.counting import counted
from bvtk.metrics.scoring.keys import collapsed
from bvtk.sweep.driver import Watcher
from bvtk.sweep.progress import Pace, Progress, headline, progress_of
from bvtk.sweep.record import Status

_REDRAW = 0.5
_PLAIN_INTERVAL = 30.0
_SHOWN = ("running", "elsewhere")


class _Totals:
    """What is said of all cells together."""

    def __init__(self, cells: Sequence[Status]) -> None:
        self._cells = cells
        self._pace = Pace(sum(_work(status) for status in cells))

    def said(self, progress: dict[str, Progress]) -> str:
        """`3 of 12 done, 2 running, 7 waiting, 0:12:30 left`."""
        states = [status.state for status in self._cells]
        others = [f"{states.count(state)} {state}" for state in ("running", "elsewhere", "waiting", "failed")]
        parts = [f"{states.count('done')} of {len(states)} done", *(text for text in others if text[0] != "0")]
        ended = sum(_work(status) for status in self._cells if status.state in ("done", "failed"))
        left = self._pace.left(ended + sum(each.step for each in progress.values()))
        return ", ".join([*parts, *([f"{duration(left)} left"] if left is not None else [])])


class LiveSweep:
    """A table that is drawn over and over: a row a cell at work.

    Args:
        cells: all cells.
        live: Rich's, started.
    """

    def __init__(self, cells: Sequence[Status], live: Live) -> None:
        self._cells = cells
        self._totals = _Totals(cells)
        self._live = live
        self._drawn = 0.0

    def changed(self, status: Status) -> None:
        """Says above the table that a cell has ended."""
        if status.state in ("done", "failed"):
            self._live.console.print(Text(_news(status), style="red" if status.state == "failed" else ""))

    def ticked(self) -> None:
        """Draws the table where it is time to."""
        if time.monotonic() - self._drawn >= _REDRAW:
            self._live.update(self._table(), refresh=True)
            self._drawn = time.monotonic()

    def _table(self) -> Group:
        rows = [status for status in self._cells if status.state in _SHOWN]
        progress = {status.cell.folder_name: progress_of(status.cell.recipe, status.folder) for status in rows}
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for column in ("cell", "settings", "seed", "step", "steps/s", "loss", "score"):
            right = column not in ("cell", "settings")
            table.add_column(column, justify="right" if right else "left", no_wrap=True, overflow="ellipsis")
        for status in rows[: max(1, self._live.console.height - 4)]:
            table.add_row(*(Text(cell) for cell in _row(status, progress[status.cell.folder_name])))
        return Group(table, Text(self._totals.said(progress), style="bold"))


class PlainSweep:
    """A line for whatever happens, and now and then one for all, for logs and pipes.

    Args:
        cells: all cells.
        workers: cells at a time.
    """

    def __init__(self, cells: Sequence[Status], workers: int) -> None:
        self._cells = cells
        self._totals = _Totals(cells)
        self._console = error_console()
        self._last = time.monotonic()
        done = sum(status.state == "done" for status in cells)
        self._console.print(f"{counted(len(cells), 'cell')}, {done} done already, {workers} at a time", markup=False)

    def changed(self, status: Status) -> None:
        """Says it."""
        self._console.print(_news(status), markup=False)

    def ticked(self) -> None:
        """Says now and then how far all is."""
        if time.monotonic() - self._last < _PLAIN_INTERVAL:
            return
        self._last = time.monotonic()
        rows = [status for status in self._cells if status.state in _SHOWN]
        progress = {status.cell.folder_name: progress_of(status.cell.recipe, status.folder) for status in rows}
        self._console.print(self._totals.said(progress), markup=False)


@contextmanager
def watching_sweep(cells: Sequence[Status], workers: int) -> Iterator[Watcher]:
    """The watcher that suits where stderr goes."""
    console = error_console()
    if not console.is_terminal:
        yield PlainSweep(cells, workers)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield LiveSweep(cells, live)


def duration(seconds: float) -> str:
    """`1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _work(status: Status) -> int:
    return status.cell.recipe.training.steps + 1  # one for all that is no step


def _named(status: Status) -> str:
    return "  ".join(part for part in (status.cell.folder_name, status.cell.label, f"seed {status.cell.seed}") if part)


def _news(status: Status) -> str:
    words = {"running": "started", "elsewhere": "at work elsewhere, waited for", "waiting": "stopped"}
    result = _result(status) if status.state == "done" else ""
    return f"{words.get(status.state, status.state)}: {_named(status)}{result}"


def _result(status: Status) -> str:
    """The score that stands for all of a cell, and what makes it doubtful."""
    recipe, scores = status.cell.recipe, status.folder.read_scores()
    key, score = headline(recipe, scores)
    said = [f"{key.replace('_', ' ')} {score:.3f}"] if score is not None else []
    if collapsed(scores):
        said.append("collapse: no latent responds to the images")
    missing = [spec.component for spec in recipe.metrics if spec.component not in scores]
    said += [f"no score of {name}" for name in dict.fromkeys(missing)]
    return "".join(f"  {text}" for text in said)


def _row(status: Status, progress: Progress) -> tuple[str, ...]:
    cell = status.cell
    step = "elsewhere" if status.state == "elsewhere" else f"{progress.step:,}/{progress.steps:,}"
    return (
        cell.recipe.name,
        cell.label,
        str(cell.seed),
        step,
        f"{progress.speed:.1f}" if progress.speed else "",
        f"{progress.loss:.1f}" if progress.loss is not None else "",
        f"{progress.score:.3f}" if progress.score is not None else "",
    )
