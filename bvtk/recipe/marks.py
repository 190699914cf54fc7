"""Values of a recipe with their places in the source, and excerpts of these places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bvtk.errors import Problem, RecipeError, printable

COMMAND_LINE = "<command line>"
"""The source name of overrides."""
DEFAULT = "default"
"""The origin of default values."""

Path = tuple[str | int, ...]
"""Keys and list positions from the root of a recipe to a value."""

_BREAK = re.compile("\r\n|[\n\r]")
_EXCERPT_WIDTH = 100


@dataclass(frozen=True)
class Source:
    """A text that is parsed, with its name: a file's path as given, or `<command line>`."""

    name: str
    text: str = ""

    @cached_property
    def lines(self) -> list[str]:
        """The lines as YAML counts them."""
        return _BREAK.split(self.text)


@dataclass(frozen=True)
class Mark:
    """A place in a source. Lines and columns count from 1; line 0 is the source as a whole."""

    source: Source
    line: int = 0
    column: int = 0
    width: int = 1

    @classmethod
    def after(cls, before: str, source: Source) -> Mark:
        """The place after the text `before`."""
        lines = Source("", before).lines
        return cls(source, len(lines), len(lines[-1]) + 1)

    @property
    def text(self) -> str:
        """The text at this place; empty without a line."""
        if not 0 < self.line <= len(self.source.lines):
            return ""
        return self.source.lines[self.line - 1][self.column - 1 :][: self.width]

    def __str__(self) -> str:
        """`recipes/x.yaml:12:5`, or only the name if there is no line to point at."""
        if self.source.name == COMMAND_LINE or not self.line:
            return self.source.name
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Node:
    """A value of a recipe before validation.

    Args:
        key: the place of its key; None in lists and at the root.
        broken: whether a part of it was refused, so that errors that follow from that are not reported.
    """

    value: bool | int | float | str | list[Node] | dict[str, Node] | None
    mark: Mark
    key: Mark | None = None
    broken: bool = field(default=False, compare=False)

    def under(self, key: Mark | None) -> Node:
        """The same value with another key."""
        return replace(self, key=key)

    def child(self, part: str | int) -> Node | None:
        """The node at a key or list position; None if there is none."""
        if isinstance(self.value, dict) and isinstance(part, str):
            return self.value.get(part)
        if isinstance(self.value, list) and isinstance(part, int) and 0 <= part < len(self.value):
            return self.value[part]
        return None

    def descend(self, path: Path) -> list[Node]:
        """The nodes along a path, starting with this one, as far as they exist."""
        nodes = [self]
        for part in path:
            below = nodes[-1].child(part)
            if below is None:
                break
            nodes.append(below)
        return nodes

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def marked(data: Any, mark: Mark) -> Node:
    """Plain data as nodes that all have one place."""
    if isinstance(data, Mapping):
        return Node({str(key): marked(value, mark) for key, value in data.items()}, mark)
    if isinstance(data, Sequence) and not isinstance(data, str):
        return Node([marked(value, mark) for value in data], mark)
    return Node(data, mark)


def problem(mark: Mark, path: Path, message: str, hint: str = "") -> Problem:
    """A problem at a place, with an excerpt."""
    on_line = mark.line > 0 and mark.source.name != COMMAND_LINE
    line, column = (mark.line, mark.column) if on_line else (0, 0)
    return Problem(mark.source.name, line, column, dotted(path), message, hint, excerpt(mark))


def refusal(mark: Mark, message: str, hint: str = "", path: Path = ()) -> RecipeError:
    """The error for a single problem."""
    return RecipeError((problem(mark, path, message, hint),))


def dotted(path: Path) -> str:
    """`metrics.0.protocol`."""
    return ".".join(printable(str(part)) for part in path)


def excerpt(mark: Mark) -> str:
    """The line of a mark and the line before, numbered, with carets under the place."""
    lines = mark.source.lines
    if not 0 < mark.line <= len(lines):
        return ""
    numbered = mark.source.name != COMMAND_LINE
    first = max(1, mark.line - 1) if numbered else mark.line
    digits = len(str(mark.line)) if numbered else 0
    start = max(0, mark.column - 1 - _EXCERPT_WIDTH // 2) if mark.column > _EXCERPT_WIDTH else 0
    rows = []
    for number in range(first, mark.line + 1):
        label = str(number).rjust(digits) if numbered else ""
        cut = lines[number - 1][start : start + _EXCERPT_WIDTH + 50]
        rows.append(f"   {label} | {''.join(c if c.isprintable() else ' ' for c in cut)}".rstrip())
    line = lines[mark.line - 1]
    before = _cells(line[start : mark.column - 1])
    under = line[mark.column - 1 :][: min(mark.width, _EXCERPT_WIDTH)].rstrip()
    rows.append(f"   {' ' * digits} | {' ' * before}{'^' * max(1, _cells(under))}")
    return "\n".join(rows)


def _cells(text: str) -> int:
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
