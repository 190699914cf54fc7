"""What a check of a plugin found, and how checks say it."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from bvtk.errors import UsageError
from bvtk.protocols import ImageShape

T = TypeVar("T")
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
        if (fault := self._fault(check, *arguments)) is None:
            return True
        level, message = fault
        self.add(level, f"{where} {message}".strip())
        return False

    def fitting(self, check: Callable[[T], object], tried: Mapping[ImageShape, T]) -> dict[ImageShape, T]:
        """Runs a check for images of several shapes, and notes once what goes wrong alike for several.

        Args:
            check: the check.
            tried: what it is called with, by the shape.

        Returns:
            Those that passed.
        """
        faults = {image: self._fault(check, subject) for image, subject in tried.items()}
        for fault in dict.fromkeys(faults.values()):
            if fault is not None:
                alike = [str(image) for image, found in faults.items() if found == fault]
                where = f"for {', '.join(alike)} images " if len(alike) < len(tried) else ""
                self.add(fault[0], where + fault[1])
        return {image: subject for image, subject in tried.items() if faults[image] is None}

    def holds(self, sentence: str, where: str, check: Callable[..., object], *arguments: Any) -> bool:
        """Runs a check and notes a sentence where it passes."""
        passed = self.passes(where, check, *arguments)
        if passed:
            self.add("ok", sentence)
        return passed

    def _fault(self, check: Callable[..., object], *arguments: Any) -> tuple[Level, str] | None:
        try:
            check(*arguments)
        except Wrong as wrong:
            return "problem", str(wrong)
        except UsageError as refusal:
            return "note", f"it refuses: {refusal.message}"
        except Exception as error:  # foreign code: whatever it raises is a finding
            message = f"{type(error).__name__}: {error}".rstrip(": ")
            return "problem", f"raised {message} ({self._place(error)})"
        return None

    def _place(self, error: BaseException) -> str:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if frame.filename == inspect.getsourcefile(self.item)]
        frame = (own or frames)[-1]
        return f"{frame.filename}:{frame.lineno}"
