"""The events of a run, and the listeners that receive them: progress lines, trackers, notebooks.

A listener is any function of one event. It tells events apart with `match` or `isinstance` and ignores the others.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bvtk.errors import one_line


@dataclass(frozen=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True)
class RunStarted(Event):
    """Work on a run begins; its folder exists and is locked.

    Args:
        run: the run's name, which is that of its folder: `quickstart-1a2b3c4d5e`.
        recipe: the recipe's name.
        folder: the run folder.
    """

    run: str
    recipe: str
    folder: Path


@dataclass(frozen=True)
class StageStarted(Event):
    """A stage begins. Stages that are already done are skipped and send no event.

    Args:
        stage: `data`, `train`, `evaluate`, `export` or `report`; `encode` when models are compared.
        description: what the stage does, such as `4000 steps on cpu`.
    """

    stage: str
    description: str


@dataclass(frozen=True)
class TrainingStarted(Event):
    """Training begins or resumes: a step of all `steps`, counted from 0."""

    step: int
    steps: int


@dataclass(frozen=True)
class Logged(Event):
    """A line was appended to `metrics.jsonl`: numbers by name. All but `step` depend on model and objective."""

    line: Mapping[str, Any]


@dataclass(frozen=True)
class Evaluated(Event):
    """The model was scored at a step during training (`training.evaluate_every`): the scores by metric."""

    step: int
    scores: Mapping[str, Any]


@dataclass(frozen=True)
class Progressed(Event):
    """More images are encoded: how many are done, and how many there are in total."""

    done: int
    total: int


@dataclass(frozen=True)
class Scored(Event):
    """The final scores, by metric, are in `scores.json`."""

    scores: Mapping[str, Any]


@dataclass(frozen=True)
class Warned(Event):
    """Something the user should know, in one line of text; the run goes on."""

    message: str

    def __post_init__(self) -> None:
        """Escapes line breaks and control characters, because messages name files of others."""
        object.__setattr__(self, "message", one_line(self.message))


@dataclass(frozen=True)
class Finished(Event):
    """All stages that were asked for are done. A run that fails or is interrupted does not send this event."""

    folder: Path


Listener = Callable[[Event], None]
"""A function that receives every event of a run, in the thread and at the moment of the event."""


def warn(event: Event) -> None:
    """A listener that turns `Warned` into a Python warning."""
    if isinstance(event, Warned):
        warnings.warn(event.message, stacklevel=3)


class Announcer:
    """A listener that passes every event on to other listeners, in order.

    A listener that raises an exception is removed, with a warning; the run and the other listeners go on. Three things
    are passed on to the caller: Ctrl-C, other exceptions that are not an `Exception`, and a Python warning that a
    filter has turned into an error.

    Args:
        listeners: the listeners; with none, warnings become Python warnings.
    """

    def __init__(self, *listeners: Listener) -> None:
        self._listeners = list(listeners) or [warn]

    def __call__(self, event: Event) -> None:
        """Passes an event on."""
        failed = []
        for listener in self._listeners:
            try:
                listener(event)
            except Warning:
                raise
            except Exception as error:  # a listener is foreign code: whatever it raises, the run goes on
                failed.append((listener, f"{type(error).__name__}: {error}"))
        self._listeners = [each for each in self._listeners if all(each is not one for one, _ in failed)] or [warn]
        for listener, reason in failed:
            name = getattr(listener, "__qualname__", type(listener).__qualname__)
            self(Warned(f"listener {name} was removed: it raised {reason}"))
