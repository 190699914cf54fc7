"""Who is told how a run goes: the command line draws progress from it, Python callers hear warnings alone."""

from __future__ import annotations

import warnings
from typing import Any, Protocol


class Listener(Protocol):
    """Who is told how a training goes."""

    def started(self, step: int, steps: int) -> None:
        """Training goes from a step to a step."""

    def logged(self, line: dict[str, Any]) -> None:
        """A line was written to `metrics.jsonl`."""

    def warned(self, message: str) -> None:
        """Something the user should know, and that stops nothing."""


class Audience(Listener, Protocol):
    """Who is told how a whole run goes."""

    def stage(self, name: str, what: str) -> None:
        """A stage begins: `data`, `train`, `evaluate`, `export` or `report`, and what it does."""

    def progressed(self, done: int, total: int) -> None:
        """So many of so many images are encoded."""


class Silence:
    """An audience that is told nothing: Python callers. Warnings are Python's."""

    def stage(self, name: str, what: str) -> None:
        """Says nothing."""

    def progressed(self, done: int, total: int) -> None:
        """Says nothing."""

    def started(self, step: int, steps: int) -> None:
        """Says nothing."""

    def logged(self, line: dict[str, Any]) -> None:
        """Says nothing."""

    def warned(self, message: str) -> None:
        """Warns as Python does."""
        warnings.warn(message, stacklevel=2)
