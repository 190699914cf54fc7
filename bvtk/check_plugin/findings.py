"""What a check of a plugin found, and how checks say it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from bvtk.errors import UsageError

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check established.

    Args:
        level: `ok` for what holds, `note` for what the author should know, `problem` for what is wrong.
        component: what it is about, such as `encoder 'tiny'`; the plugin's name for the plugin itself.
        message: the finding, and where it is a problem what was expected.
    """

    level: Level
    component: str
    message: str

    def __str__(self) -> str:
        """One line for a listing."""
        return f"{self.component}: {self.message}"


class Wrong(Exception):  # noqa: N818
    """Raised inside a check where the component breaks its contract."""


def require(condition: object, message: str) -> None:
    """Raises `Wrong` with a message unless a condition holds."""
    if not condition:
        raise Wrong(message)


@dataclass
class Report:
    """Collects the findings about one component.

    Args:
        component: what it is called in the findings.
        item: its class, whose file is searched for the place of an exception.
    """

    component: str
    item: type[Any]
    findings: list[Finding] = field(default_factory=list)

    def add(self, level: Level, message: str) -> None:
        """Notes a finding."""
        self.findings.append(Finding(level, self.component, message))

    def passes(self, where: str, check: Callable[..., object], *arguments: Any) -> bool:
        """Runs a check and notes what goes wrong in it.

        A `UsageError` is a component's right to refuse, and becomes a note.

        Args:
            where: what opens the message, such as `for 1×64×64 images`; may be empty.
            check: the check.
            arguments: what it is called with.
        """
        try:
            check(*arguments)
        except Wrong as wrong:
            self.add("problem", f"{where} {wrong}".strip())
        except UsageError as refusal:
            self.add("note", f"{where} it refuses: {refusal.message}".strip())
        except Exception as error:  # foreign code: whatever it raises is a finding
            message = f"{type(error).__name__}: {error}".rstrip(": ")
            self.add("problem", f"{where} raised {message} ({self._place(error)})".strip())
        else:
            return True
        return False

    def holds(self, sentence: str, where: str, check: Callable[..., object], *arguments: Any) -> bool:
        """Runs a check and notes a sentence where it passes."""
        passed = self.passes(where, check, *arguments)
        if passed:
            self.add("ok", sentence)
        return passed

    def _place(self, error: BaseException) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == inspect.getsourcefile(self.item)]
        frame = (own or frames)[-1]
        return f"{frame.filename}:{frame.lineno}"
