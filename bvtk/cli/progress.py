"""How a run is watched: a live line on a terminal, plain lines elsewhere; all of it on stderr."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bvtk.audience import Audience
from bvtk.cli.common import error_console
from bvtk.sweep.progress import Pace

_PLAIN_INTERVAL = 5.0


def training_figures(line: dict[str, Any]) -> str:
    """The figures of a logged training step, in one line."""
    shown = [("loss", "{:.1f}"), ("reconstruction", "{:.1f}"), ("kl", "{:.2f}"), ("beta", "{:g}")]
    names = {"kl": "KL", "beta": "β"}
    figures = [f"{names.get(key, key)} {form.format(_short(line[key]))}" for key, form in shown if key in line]
    return "  ".join([*figures, f"active {line['active_units']}", f"{line['images_per_second']:,.0f} images/s"])


def _short(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 100 else value


class LiveWatcher:
    """A progress line that is drawn over and over.

    Args:
        progress: Rich's, started.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def stage(self, name: str, what: str) -> None:
        """Ends the line of the stage before, and names this one."""
        self._end()
        self._progress.console.print(f"[bold]{name:<9}[/bold] {what}")

    def progressed(self, done: int, total: int) -> None:
        """Moves the line of the encoding."""
        self._move("encode", done, total, "")

    def started(self, step: int, steps: int) -> None:
        """Begins the line of the training, where it resumes."""
        self._task = self._progress.add_task("steps", total=steps, completed=step, figures="")

    def logged(self, line: dict[str, Any]) -> None:
        """Moves the line of the training."""
        self._move("steps", line["step"], None, training_figures(line))

    def warned(self, message: str) -> None:
        """Prints above the line."""
        self._progress.console.print(f"warning: {message}", style="yellow", markup=False)

    def _move(self, what: str, done: int, total: int | None, figures: str) -> None:
        if self._task is None:
            self._task = self._progress.add_task(what, total=total, figures=figures)
        self._progress.update(self._task, completed=done, figures=figures)

    def _end(self) -> None:
        if self._task is not None:
            self._progress.stop_task(self._task)
            self._task = None


class PlainWatcher:
    """A line now and then, for logs and pipes."""

    def __init__(self) -> None:
        self._console = error_console()
        self._last = 0.0
        self._steps = 0
        self._pace = Pace(0)

    def stage(self, name: str, what: str) -> None:
        """Names the stage."""
        self._console.print(f"{name}: {what}", markup=False)
        self._last = 0.0

    def progressed(self, done: int, total: int) -> None:
        """Says how far the encoding is."""
        if self._due(done == total):
            self._console.print(f"  {done:,} of {total:,} images", markup=False)

    def started(self, step: int, steps: int) -> None:
        """Says where training resumes."""
        self._steps, self._pace = steps, Pace(steps)
        if step:
            self._console.print(f"  resumed at step {step:,} of {steps:,}", markup=False)

    def logged(self, line: dict[str, Any]) -> None:
        """Says how the training goes."""
        left = self._pace.left(line["step"])
        if self._due(line["step"] == self._steps):
            rest = "" if left is None else f"  {_duration(left)} left"
            said = f"  step {line['step']:,} of {self._steps:,}  {training_figures(line)}{rest}"
            self._console.print(said, markup=False)

    def warned(self, message: str) -> None:
        """Says it."""
        self._console.print(f"warning: {message}", markup=False)

    def _due(self, last: bool) -> bool:
        now = time.monotonic()
        due = last or now - self._last >= _PLAIN_INTERVAL
        if due:
            self._last = now
        return due


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


@contextmanager
def watching() -> Iterator[Audience]:
    """The watcher that suits where stderr goes."""
    console = error_console()
    if not console.is_terminal:
        yield PlainWatcher()
        return
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=console) as progress:
        yield LiveWatcher(progress)
