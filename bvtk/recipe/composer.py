"""Builds nodes from parser events, within bounds and without recursion. No PyYAML constructor ever runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import yaml

from bvtk.errors import Problem
from bvtk.recipe.marks import Mark, Node, Path, Source, problem
from bvtk.recipe.scalars import resolve

MAX_DEPTH = 50
"""The most levels of nesting in a recipe."""
MAX_VALUES = 10_000
"""The most values in a recipe."""

INVALID_CHARACTERS = re.compile("[\0\ud800-\udfff]")
"""Characters that neither JSON nor file names can contain."""
_EXTENDS_HINT = "put what recipes share into a file and name it with `extends`"
_LEFT_OPEN = "could not find expected ':'|found unexpected end of stream"
"""Messages of PyYAML about what started earlier."""
_SYNTAX = (
    (r"character '\\t'", "a tab is not allowed here", "indent and separate with spaces"),
    (r"character '([@`%])'", "a value can't start with this character", "put the text in quotes"),
    ("mapping values are not allowed", "a ':' is not allowed here", "check the indentation or quote the text"),
    ("could not find expected ':'", "a key without ':'", "write `key: value`"),
    (
        "expected <block end>",
        "the indentation does not match the lines above",
        "start all keys of a mapping in the same column",
    ),
    (r"expected ',' or '[}\]]'", "a '{' or '[' is not closed, or a ',' is missing", ""),
    ("found unexpected end of stream", "a quote is not closed", ""),
    ("special characters are not allowed", "this character is not allowed in a recipe", "write it as an escape"),
    ("expected '<document start>'", "this text belongs to no key", "write a recipe as one mapping of keys to values"),
    ("expected the node content, but found ','", "a ',' with nothing before it", ""),
    ("(sequence entries|mapping keys) are not", "a '-' or '?' is not allowed here", "put the text in quotes"),
    (
        "unknown escape character|expected escape sequence",
        "YAML has no such escape",
        "in double quotes, write a backslash as \\\\; for a path, use single quotes or '/'",
    ),
)
"""By a pattern in PyYAML's message: what is wrong, and the hint."""


class StopReading(Exception):  # noqa: N818 — a signal, not an error
    """Ends reading early."""


@dataclass
class _Frame:
    """A collection that is not complete yet."""

    node: Node
    entry: _Entry | None = None
    refused: bool = False


@dataclass
class _Entry:
    """A key that waits for its value; its name is None if the key was refused."""

    name: str | None
    mark: Mark


class Composer:
    """Builds nodes from parser events on its own stack, and collects all errors. `compose` describes the parameters."""

    def __init__(self, source: Source, skip: int = 0, base: Path = ()) -> None:
        self.source, self.skip, self.base = source, skip, base
        self.stack: list[_Frame] = []
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.values = 0

    def feed(self, event: yaml.Event) -> None:
        """Handles the next event.

        Raises:
            StopReading: if the text exceeds a bound or contains a second document.
        """
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml.NodeEvent):
            self._count(event)
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self.stack.pop()
            self._place(replace(frame.node, broken=frame.refused))

    def refuse(self, mark: Mark, message: str, hint: str = "", path: Path | None = None) -> None:
        """Records something that is not allowed in a recipe."""
        self.problems.append(problem(mark, self._path() if path is None else path, message, hint))

    def refuse_syntax(self, error: yaml.YAMLError) -> None:
        """Records a syntax error of PyYAML, in words for authors of recipes."""
        text, mark, open_at = str(error), Mark(self.source), None
        if isinstance(error, yaml.MarkedYAMLError):
            text = str(error.problem)
            # What is left open is found where the text goes on, or ends; it is to be mended where it starts.
            open_at = error.context_mark if re.search(_LEFT_OPEN, text) else None
            place = open_at or error.problem_mark or error.context_mark
            mark = self.mark(place) if place else mark
        elif isinstance(error, yaml.reader.ReaderError):
            mark = Mark.after(self.source.text[: self.skip + error.position], self.source)
        known = [(message, hint) for pattern, message, hint in _SYNTAX if re.search(pattern, text)]
        message, hint = known[0] if known else (f"invalid YAML: {text}", "")
        if open_at and (key := re.match(r"[\w.-]+:(?=[^\s:])", self.source.lines[mark.line - 1][mark.column - 1 :])):
            message, hint = "a key without a space after its ':'", f"write `{key[0]} …`"
        self.refuse(mark, message, hint, path=self.base)

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        mark = self.mark(event.start_mark)
        if self.root is not None:
            self.refuse(mark, "a second document", "remove the `---`: a file holds one recipe", path=self.base)
            raise StopReading
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            self.refuse(mark, "a directive", "remove the line that starts with '%': recipes are YAML 1.2 without tags")

    def _count(self, event: yaml.NodeEvent) -> None:
        self.values += 1
        if len(self.stack) >= MAX_DEPTH or self.values > MAX_VALUES:
            limit = f"{MAX_DEPTH} levels of nesting" if len(self.stack) >= MAX_DEPTH else f"{MAX_VALUES} values"
            self.refuse(self.mark(event.start_mark), f"more than {limit}", path=self.base)
            raise StopReading

    def _node(self, event: yaml.NodeEvent) -> None:
        mark = self.mark(event.start_mark, event.end_mark)
        refused = self._refuse_markup(event, mark)
        if isinstance(event, yaml.AliasEvent):
            self._place(Node(None, mark, broken=True))
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark, refused)
        else:
            self.stack.append(
                _Frame(Node({} if isinstance(event, yaml.MappingStartEvent) else [], mark), refused=refused)
            )

    def _refuse_markup(self, event: yaml.NodeEvent, mark: Mark) -> bool:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(mark, "aliases are not allowed in recipes", _EXTENDS_HINT)
        elif event.anchor is not None:
            self.refuse(mark, "anchors are not allowed in recipes", _EXTENDS_HINT)
        elif getattr(event, "tag", None) is not None:
            self.refuse(mark, "tags are not allowed in recipes", "remove the word that starts with '!'")
        else:
            return False
        return True

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark, refused: bool) -> None:
        plain = event.style is None
        try:
            value = resolve(event.value) if plain else event.value
        except ValueError as error:
            self.refuse(mark, str(error), "use an integer from -2^63 to 2^63 - 1")
            value, refused = None, True
        frame = self.stack[-1] if self.stack else None
        if frame and isinstance(frame.node.value, dict) and frame.entry is None:
            self._key(frame, value, mark, plain, refused)
            return
        if isinstance(value, str):
            refused = self._refuse_text(value, mark) or refused
        self._place(Node(None if refused else value, mark, broken=refused))

    def _refuse_text(self, text: str, mark: Mark) -> bool:
        if "${" in text:
            self.refuse(mark, "'${…}' is not supported", "write the value itself, or give it as an override")
        elif INVALID_CHARACTERS.search(text):
            self.refuse(mark, "this character is not allowed in text")
        else:
            return False
        return True

    def _key(self, frame: _Frame, value: object, mark: Mark, plain: bool, refused: bool) -> None:
        entries = frame.node.value
        assert isinstance(entries, dict)  # noqa: S101 — the caller has checked
        name = value if isinstance(value, str) else None
        if refused:
            name = None
        elif plain and name == "<<":
            self.refuse(mark, "merge keys are not allowed in recipes", _EXTENDS_HINT)
            name, frame.refused = None, True
        elif name is None:
            before = self.source.lines[mark.line - 1][: mark.column - 1] if mark.line else ""
            decimal = re.search(r"\d+,$", before) if isinstance(value, int) else None
            hint = f"decimals have a point: {decimal[0][:-1]}.{mark.text}" if decimal else "put it in quotes"
            self.refuse(mark, "a key must be text", hint)
        elif name in entries:
            first = entries[name].key or mark
            message = f"duplicate key, first in line {first.line}"
            self.refuse(mark, message, "keep one of the two", (*self._path(), name))
            name = None
        elif self._refuse_text(name, mark):
            name = None
        frame.refused = frame.refused or refused
        frame.entry = _Entry(name, mark)

    def _place(self, node: Node) -> None:
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if isinstance(frame.node.value, list):
            frame.node.value.append(node)
        elif frame.entry is None:
            if not node.broken:
                self.refuse(node.mark, "a key must be text", "write a word before the ':'")
            frame.entry = _Entry(None, node.mark)
        elif isinstance(frame.node.value, dict):
            if frame.entry.name is not None:
                frame.node.value[frame.entry.name] = node.under(frame.entry.mark)
            frame.entry = None

    def _path(self) -> Path:
        parts: list[str | int] = []
        for frame in self.stack:
            if isinstance(frame.node.value, list):
                parts.append(len(frame.node.value))
            elif frame.entry and frame.entry.name is not None:
                parts.append(frame.entry.name)
        return (*self.base, *parts)

    def mark(self, start: Any, end: Any = None) -> Mark:
        """Converts a mark of PyYAML; one character wide if no end is given."""
        line = start.line + 1
        column = start.column + 1 + (self.skip if line == 1 else 0)
        if end is None or end.index <= start.index:
            width = 0 if end else 1
        elif end.line == start.line:
            width = end.column - start.column
        else:
            width = len(self.source.lines[start.line]) - start.column
        return Mark(self.source, line, column, width)
