"""Parser events become nodes: bounded without recursion, and no constructor of PyYAML ever runs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from bvtk.errors import Problem
from bvtk.recipe.marks import Mark, Node, Path, Source, problem
from bvtk.recipe.scalars import resolve

MOST_NESTED = 50
"""The deepest nesting a recipe may have."""
MOST_VALUES = 10_000
"""The most values a recipe may hold."""

_TEMPLATE = re.compile(r"\$\{")
UNSPEAKABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that neither JSON nor a file's name can hold."""
_EXTENDS_HINT = "what recipes share goes into a file that they name with `extends`"
_SYNTAX = (
    (re.compile(r"character '\\t'"), "a tab where spaces are needed", "indent and separate with spaces"),
    (re.compile(r"character '([@`%])'"), "a value can't begin with this character", "put the text in quotes"),
    (
        re.compile("mapping values are not allowed"),
        "a ':' where none may stand",
        "check the indentation or quote the text",
    ),
    (re.compile("could not find expected ':'"), "a key without its ':'", "write `key: value`"),
    (
        re.compile("expected <block end>"),
        "the indentation fits nothing above",
        "keys of one mapping start in one column",
    ),
    (re.compile(r"expected ',' or '[}\]]'"), "a '{' or '[' that is not closed, or a ',' that is missing", ""),
    (re.compile("found unexpected end of stream"), "a quote that is not closed", ""),
    (re.compile("special characters are not allowed"), "a character that no recipe may hold", "write it as an escape"),
    (
        re.compile("expected '<document start>'"),
        "text that belongs to no key",
        "a recipe is one mapping of keys to values",
    ),
    (re.compile("expected the node content, but found ','"), "a ',' with nothing before it", ""),
    (
        re.compile("(sequence entries|mapping keys) are not"),
        "a '-' or '?' where none may stand",
        "put the text in quotes",
    ),
    (
        re.compile("unknown escape character"),
        "an escape that YAML lacks",
        "in double quotes a backslash is written twice",
    ),
)


class StopReading(Exception):  # noqa: N818 — nothing failed, the rest is not worth reading
    """Reading on would be of no use."""


@dataclass
class _Frame:
    """A collection that is still open."""

    node: Node
    entry: _Entry | None = None
    refused: bool = False


@dataclass
class _Entry:
    """A key that waits for its value; its name is None where the key was refused."""

    name: str | None
    mark: Mark


class Composer:
    """Builds nodes from parser events on a stack of its own, and gathers everything that is refused.

    Args:
        source: the text.
        skip: how many characters at its start are not YAML.
        base: the key that errors give for the text as a whole.
    """

    def __init__(self, source: Source, skip: int = 0, base: Path = ()) -> None:
        self.source, self.skip, self.base = source, skip, base
        self.stack: list[_Frame] = []
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self.values = 0

    def feed(self, event: yaml.Event) -> None:
        """Takes the next event.

        Raises:
            StopReading: where the text exceeds a bound or goes on past its one document.
        """
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml.NodeEvent):
            self._count(event)
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self.stack.pop()
            self._place(_broken(frame.node) if frame.refused else frame.node)

    def refuse(self, mark: Mark, message: str, hint: str = "", path: Path | None = None) -> None:
        """Notes something that a recipe may not contain."""
        self.problems.append(problem(mark, self._path() if path is None else path, message, hint))

    def refuse_syntax(self, error: yaml.YAMLError) -> None:
        """Notes what PyYAML could not parse, in words for those who write recipes."""
        text, mark = str(error), Mark(self.source)
        if isinstance(error, yaml.MarkedYAMLError):
            text = str(error.problem)
            place = error.problem_mark or error.context_mark
            mark = self.mark(place) if place else mark
        elif isinstance(error, yaml.reader.ReaderError):
            before = Source("", self.source.text[: self.skip + error.position]).lines
            mark = Mark(self.source, len(before), len(before[-1]) + 1)
        known = [(message, hint) for pattern, message, hint in _SYNTAX if pattern.search(text)]
        self.refuse(mark, *(known[0] if known else (f"not YAML: {text}", "")), path=self.base)

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        mark = self.mark(event.start_mark)
        if self.root is not None:
            self.refuse(mark, "a second document", "one file is one recipe: remove the `---`", path=self.base)
            raise StopReading
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            self.refuse(mark, "a directive", "recipes are YAML 1.2 without tags: remove the line that begins with '%'")

    def _count(self, event: yaml.NodeEvent) -> None:
        self.values += 1
        if len(self.stack) >= MOST_NESTED:
            self.refuse(self.mark(event.start_mark), f"nested more than {MOST_NESTED} deep", path=self.base)
            raise StopReading
        if self.values > MOST_VALUES:
            self.refuse(self.mark(event.start_mark), f"more than {MOST_VALUES} values", path=self.base)
            raise StopReading

    def _node(self, event: yaml.NodeEvent) -> None:
        mark = self.mark(event.start_mark, event.end_mark)
        refused = self._refuse_markup(event, mark)
        if isinstance(event, yaml.AliasEvent):
            self._place(Node(None, mark, broken=True))
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, mark, refused)
        else:
            empty: Node = Node({} if isinstance(event, yaml.MappingStartEvent) else [], mark)
            self.stack.append(_Frame(empty, refused=refused))

    def _refuse_markup(self, event: yaml.NodeEvent, mark: Mark) -> bool:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(mark, "aliases are not used in recipes", _EXTENDS_HINT)
        elif event.anchor is not None:
            self.refuse(mark, "anchors are not used in recipes", _EXTENDS_HINT)
        elif getattr(event, "tag", None) is not None:
            self.refuse(mark, "tags are not used in recipes", "remove the word that begins with '!'")
        else:
            return False
        return True

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark, refused: bool) -> None:
        plain = event.style is None
        try:
            value = resolve(event.value) if plain else event.value
        except ValueError as error:
            self.refuse(mark, str(error), "integers lie between -2^63 and 2^63 - 1")
            value, refused = None, True
        frame = self.stack[-1] if self.stack else None
        if frame and isinstance(frame.node.value, dict) and frame.entry is None:
            self._key(frame, value, mark, plain, refused)
            return
        if isinstance(value, str):
            refused = self._refuse_text(value, mark) or refused
        self._place(Node(None if refused else value, mark, broken=refused))

    def _refuse_text(self, text: str, mark: Mark) -> bool:
        if _TEMPLATE.search(text):
            self.refuse(mark, "'${…}' is not filled in", "write the value itself, or give it as an override")
        elif UNSPEAKABLE.search(text):
            self.refuse(mark, "a character that no text may hold")
        else:
            return False
        return True

    def _key(self, frame: _Frame, value: object, mark: Mark, plain: bool, refused: bool) -> None:
        entries = frame.node.value
        assert isinstance(entries, dict)  # noqa: S101 — the caller looked
        name = value if isinstance(value, str) else None
        if refused:
            name = None
        elif plain and name == "<<":
            self.refuse(mark, "merge keys are not used in recipes", _EXTENDS_HINT)
            name, frame.refused = None, True
        elif name is None:
            self.refuse(mark, "a key that is no word", "put it in quotes if it is meant")
        elif name in entries:
            first = entries[name].key or mark
            self.refuse(mark, f"given twice, first in line {first.line}", "keep one of the two", (*self._path(), name))
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
                self.refuse(node.mark, "a key that is no word", "keys are words")
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
        """A place of PyYAML as one in the source, one character wide where no end is given."""
        line = start.line + 1
        column = start.column + 1 + (self.skip if line == 1 else 0)
        if end is None or end.index <= start.index:
            width = 0 if end else 1
        elif end.line == start.line:
            width = end.column - start.column
        else:
            width = len(self.source.lines[start.line]) - start.column
        return Mark(self.source, line, column, width)


def _broken(node: Node) -> Node:
    return Node(node.value, node.mark, node.key, broken=True)
