"""The progress of a run on stderr: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bvtk.cli.common import error_console, line, say
from bvtk.events import Event, Listener, Logged, Progressed, StageStarted, TrainingStarted, Warned
from bvtk.quantities import duration
from bvtk.sweep.progress import Pace

_PLAIN_INTERVAL = 5.0
_FIGURES = {
    "loss": "loss {:.1f}",
    "reconstruction": "reconstruction {:.1f}",
    "kl": "KL {:.2f}",
    "beta": "β {:g}",
    "active_units": "active {:g}",
}
_HIDDEN = {"step", "beta_norm", "learning_rate", "images_per_second"}
_OWN_TERMS = 2


def training_figures(logged: Mapping[str, Any]) -> str:
    """A logged training step in one line: the best-known figures that it has, and the first other terms."""
    texts = [form.format(_short(logged[name])) for name, form in _FIGURES.items() if name in logged]
    own = [name for name in logged if name not in _FIGURES.keys() | _HIDDEN][:_OWN_TERMS]
    texts += [f"{name.replace('_', ' ')} {_short(logged[name]):g}" for name in own]
    if "images_per_second" in logged:
        texts.append(f"{logged['images_per_second']:,.0f} images/s")
    return "  ".join(texts)


def _short(value: float) -> float:
    return float(f"{value:.3g}") if abs(value) < 100 else value


class LiveProgress:
    """A listener that updates one line in place.

    Args:
        progress: Rich's progress display, started.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def __call__(self, event: Event) -> None:
        """Shows an event."""
        match event:
            case StageStarted():
                self._end()
                self._progress.console.print(line((f"{event.stage:<9}", "bold"), f" {event.description}"))
            case TrainingStarted():
                self._task = self._progress.add_task("steps", total=event.steps, completed=event.step, figures="")
            case Logged():
                self._move("steps", event.line["step"], None, training_figures(event.line))
            case Progressed():
                self._move("encode", event.done, event.total, "")
            case Warned():
                self._progress.console.print(line((f"warning: {event.message}", "yellow")))

    def _move(self, description: str, done: int, total: int | None, figures: str) -> None:
        if self._task is None:
            self._task = self._progress.add_task(description, total=total, figures=figures)
        self._progress.update(self._task, completed=done, figures=figures)

    def _end(self) -> None:
        if self._task is not None:
            self._progress.stop_task(self._task)
            self._task = None


class PlainProgress:
    """A listener that prints a line every few seconds, for logs and pipes."""

    def __init__(self) -> None:
        self._last = 0.0
        self._steps = 0
        self._pace = Pace(0)

    def __call__(self, event: Event) -> None:
        """Prints an event, unless one of its kind was printed a moment ago."""
        match event:
            case StageStarted():
                self._last = 0.0
                say(f"{event.stage}: {event.description}")
            case TrainingStarted():
                self._steps, self._pace = event.steps, Pace(event.steps)
                if event.step:
                    say(f"  resumed at step {event.step:,} of {event.steps:,}")
            case Logged():
                self._logged(event.line)
            case Progressed() if self._due(event.done == event.total):
                say(f"  {event.done:,} of {event.total:,} images")
            case Warned():
                say(f"warning: {event.message}")

    def _logged(self, logged: Mapping[str, Any]) -> None:
        left = self._pace.left(logged["step"])
        if self._due(logged["step"] == self._steps):
            rest = "" if left is None else f"  {duration(left)} left"
            say(f"  step {logged['step']:,} of {self._steps:,}  {training_figures(logged)}{rest}")

    def _due(self, last: bool) -> bool:
        now = time.monotonic()
        due = last or now - self._last >= _PLAIN_INTERVAL
        if due:
            self._last = now
        return due


@contextmanager
def watching() -> Iterator[Listener]:
    """The listener that suits stderr."""
    console = error_console()
    if not console.is_terminal:
        yield PlainProgress()
        return
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[figures]}", markup=False),
    )
    with Progress(*columns, console=console) as progress:
        yield LiveProgress(progress)
