"""Findings of a check, and the report that collects them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from bvtk.errors import UsageError
from bvtk.plugins import raised_at
from bvtk.protocols import ImageShape

T = TypeVar("T")
Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One result of a check.

    Args:
        level: `ok` for a passed check, `note` for something to know, `problem` for a failed check.
        component: the component, such as `encoder 'tiny'`; for the plugin itself its name.
        message: what was found and, for a problem, what was expected.
    """

    level: Level
    component: str
    message: str

    def __str__(self) -> str:
        """One line for a listing."""
        return f"{self.component}: {self.message}"


class CheckFailed(Exception):  # noqa: N818
    """Raised inside a check if the component breaks its contract."""


def require(condition: object, message: str) -> None:
    """Raises `CheckFailed` with a message unless a condition is true."""
    if not condition:
        raise CheckFailed(message)


@dataclass
class Report:
    """The findings about one component; its class is needed to find the line of an exception in its file."""

    component: str
    item: type[Any]
    findings: list[Finding] = field(default_factory=list)

    def add(self, level: Level, message: str) -> None:
        """Adds a finding."""
        self.findings.append(Finding(level, self.component, message))

    def tried(self, where: str, function: Callable[..., T], *arguments: Any) -> T | None:
        """What a function of the component returns; None with a finding if it fails.

        A component may raise a `UsageError` for inputs that it does not support, which is only a note.

        The message begins with `where`, such as `for 1×64×64 images`, which may be empty.
        """
        found, fault = self._try(function, *arguments)
        if fault:
            self.add(fault[0], f"{where} {fault[1]}".strip())
        return found

    def passes(self, where: str, check: Callable[..., object], *arguments: Any) -> bool:
        """Runs a check and adds a finding if it fails; True if it passed."""
        before = len(self.findings)
        self.tried(where, check, *arguments)
        return len(self.findings) == before

    def holds(self, sentence: str, check: Callable[..., object], *arguments: Any, where: str = "") -> bool:
        """Runs a check as `passes` does, and adds a given sentence if it passes."""
        passed = self.passes(where, check, *arguments)
        if passed:
            self.add("ok", sentence)
        return passed

    def fitting(self, check: Callable[[T], object], tried: Mapping[ImageShape, T]) -> dict[ImageShape, T]:
        """Runs a check on its argument for each image shape, and returns those that passed.

        The same failure for several shapes is one finding. It is a problem if no shape passes.
        """
        faults = {image: self._try(check, subject)[1] for image, subject in tried.items()}
        different = dict.fromkeys(fault for fault in faults.values() if fault)
        for fault in different:
            same = [str(image) for image, found in faults.items() if found == fault]
            where = f"for {', '.join(same)} images " if len(same) < len(tried) else ""
            self.add(fault[0], where + fault[1])
        if all(faults.values()) and (len(different) > 1 or any(level == "note" for level, _ in different)):
            self.add("problem", f"failed for all image shapes: {', '.join(map(str, tried))}")
        return {image: subject for image, subject in tried.items() if faults[image] is None}

    def _try(self, function: Callable[..., T], *arguments: Any) -> tuple[T | None, tuple[Level, str] | None]:
        try:
            return function(*arguments), None
        except CheckFailed as failure:
            return None, ("problem", str(failure))
        except UsageError as error:
            return None, ("note", f"raised UsageError: {error.message}")
        except Exception as error:  # a plugin may raise anything
            message = f"{type(error).__name__}: {error}".rstrip(": ")
            file = inspect.getsourcefile(self.item)
            return None, ("problem", f"raised {message} ({raised_at(error, Path(file) if file else None)})")
