"""The progress of a sweep on stderr: a live table on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Group
from rich.live import Live

from bvtk.cli.common import add_row, error_console, line, new_table, say
from bvtk.metrics.scoring.keys import collapsed
from bvtk.quantities import counted, duration
from bvtk.sweep.driver import Watcher
from bvtk.sweep.progress import Pace, Progress, headline, progress_of
from bvtk.sweep.record import Status

_REDRAW = 0.5
_PLAIN_INTERVAL = 30.0
_NUMBERS = ("seed", "step", "steps/s", "loss", "score")


class _Sweep:
    """All cells with the progress of those that run, and an estimate of the time that is left."""

    def __init__(self, cells: Sequence[Status]) -> None:
        self._cells = cells
        self._pace = Pace(sum(_work(status) for status in cells))

    def running(self) -> list[tuple[Status, Progress]]:
        """The cells that run, here or elsewhere, with their progress."""
        rows = [status for status in self._cells if status.state in ("running", "elsewhere")]
        return [(status, progress_of(status.cell.recipe, status.folder)) for status in rows]

    def totals(self, running: Sequence[tuple[Status, Progress]]) -> str:
        """`3 of 12 done, 2 running, 7 waiting, 12 min 30 s left`."""
        states = [status.state for status in self._cells]
        others = [f"{states.count(state)} {state}" for state in ("running", "queued", "elsewhere", "waiting", "failed")]
        parts = [f"{states.count('done')} of {len(states)} done", *(text for text in others if text[0] != "0")]
        ended = sum(_work(status) for status in self._cells if status.state in ("done", "failed"))
        left = self._pace.left(ended + sum(progress.step for _, progress in running))
        return ", ".join([*parts, *([f"{duration(left)} left"] if left is not None else [])])


class LiveSweep(_Sweep):
    """A table that is redrawn in place, with one row per running cell.

    Args:
        cells: all cells.
        live: Rich's live display, started.
    """

    def __init__(self, cells: Sequence[Status], live: Live) -> None:
        super().__init__(cells)
        self._live = live
        self._drawn = 0.0

    def changed(self, status: Status) -> None:
        """Prints above the table that a cell has ended or was lost."""
        if status.state in ("done", "failed") or _is_lost(status):
            self._live.console.print(line((_news(status), "" if status.state == "done" else "red")))

    def ticked(self) -> None:
        """Redraws the table twice a second."""
        if time.monotonic() - self._drawn >= _REDRAW:
            self._live.update(self._table(), refresh=True)
            self._drawn = time.monotonic()

    def _table(self) -> Group:
        running = self.running()
        table = new_table("cell", "settings", *_NUMBERS, numbers=_NUMBERS)
        for status, progress in running[: max(1, self._live.console.height - 4)]:
            add_row(table, *_row(status, progress))
        return Group(table, line((self.totals(running), "bold")))


class PlainSweep(_Sweep):
    """A line for every change, and now and then one with totals, for logs and pipes.

    Args:
        cells: all cells.
        workers: number of cells at a time.
    """

    def __init__(self, cells: Sequence[Status], workers: int) -> None:
        super().__init__(cells)
        self._last = time.monotonic()
        done = sum(status.state == "done" for status in cells)
        say(f"{counted(len(cells), 'cell')}, {done} already done, {workers} at a time")

    def changed(self, status: Status) -> None:
        """Prints the change."""
        say(_news(status))

    def ticked(self) -> None:
        """Prints the totals twice a minute."""
        if time.monotonic() - self._last >= _PLAIN_INTERVAL:
            self._last = time.monotonic()
            say(self.totals(self.running()))


@contextmanager
def watching_sweep(cells: Sequence[Status], workers: int) -> Iterator[Watcher]:
    """The watcher that suits stderr."""
    console = error_console()
    if not console.is_terminal:
        yield PlainSweep(cells, workers)
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield LiveSweep(cells, live)


def _work(status: Status) -> int:
    return status.cell.recipe.training.steps + 1  # one for everything but the steps


def _name(status: Status) -> str:
    return "  ".join(part for part in (status.cell.folder_name, status.cell.label, f"seed {status.cell.seed}") if part)


def _news(status: Status) -> str:
    words = {"running": "started", "elsewhere": "runs elsewhere, waiting for it", "waiting": "stopped"}
    word = "lost, to be started again" if _is_lost(status) else words.get(status.state, status.state)
    result = _result(status) if status.state == "done" else ""
    why = f"  ({status.why})" if status.why else ""
    return f"{word}: {_name(status)}{result}{why}"


def _is_lost(status: Status) -> bool:
    return status.state == "waiting" and bool(status.why)


def _result(status: Status) -> str:
    """The headline score of a cell, and what makes it doubtful."""
    recipe, scores = status.cell.recipe, status.folder.read_scores()
    key, score = headline(scores)
    parts = [f"{key.replace('_', ' ')} {score:.3f}"] if score is not None else []
    if collapsed(scores):
        parts.append("collapse: no latent responds to the images")
    missing = [spec.component for spec in recipe.metrics if spec.component not in scores]
    parts += [f"no score for {name}" for name in dict.fromkeys(missing)]
    return "".join(f"  {text}" for text in parts)


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
