"""Overrides on the command line: `a.b.c=value`, the value read by the same rules as a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic_core import PydanticUndefined

from bvtk.errors import Problem, printable
from bvtk.recipe.composer import MOST_NESTED, UNSPEAKABLE
from bvtk.recipe.fields import RECIPE, FieldType, default_of
from bvtk.recipe.marks import COMMAND_LINE, DEFAULT, Mark, Node, Path, Source, marked, problem
from bvtk.recipe.merge import merge, spelled_out
from bvtk.recipe.source import compose

_BUILT_IN = Mark(Source(DEFAULT))


@dataclass(frozen=True)
class Override:
    """A value for one key, wherever it was written.

    Args:
        path: the key; positions of lists are words still.
        value: what it gets, with the place of its key.
    """

    path: tuple[str, ...]
    value: Node

    @property
    def key(self) -> str:
        """The dotted key."""
        return ".".join(self.path)


def apply_override(root: Node, text: str) -> tuple[Node, tuple[Problem, ...]]:
    """Lays one override over a recipe.

    Args:
        root: the recipe so far.
        text: `a.b.c=value`.

    Returns:
        The recipe with the override, or as it was where that can't be read, with what is wrong in it.
    """
    override, problems = read_override(text)
    return lay(root, override) if override else (root, problems)


def read_override(text: str) -> tuple[Override | None, tuple[Problem, ...]]:
    """An override of the command line, or what is wrong in it.

    Args:
        text: `a.b.c=value`.
    """
    key, equals, _ = text.partition("=")
    source = Source(COMMAND_LINE, text)
    here = Mark(source, 1, 1, len(key) or len(text))
    parts = tuple(key.split("."))
    if not equals or not all(parts):
        message = f"'{printable(text)}' is no override"
        return None, (problem(here, (), message, "write key=value, such as objective.beta=8"),)
    if UNSPEAKABLE.search(key):
        return None, (problem(here, parts, "a character that no text may hold"),)
    if len(parts) > MOST_NESTED:
        return None, (problem(here, (), f"a key nested more than {MOST_NESTED} deep"),)
    if parts[0] == "extends":
        return None, (problem(here, parts, "can't be overridden", "name another recipe instead"),)
    document = compose(source, len(key) + 1, parts)
    if document.problems:
        return None, document.problems
    return Override(_in_sweep(parts), (document.root or Node(None, here)).under(here)), ()


def lay(root: Node, override: Override) -> tuple[Node, tuple[Problem, ...]]:
    """Lays an override over a recipe; where it has no place there, returns the recipe as it was and says so."""
    try:
        return _laid(root, RECIPE, override.path, override.value, ()), ()
    except _NoSuchItemError as error:
        return root, (problem(override.value.key or override.value.mark, override.path, str(error)),)


def _in_sweep(parts: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a sweep's grid and cells are dotted themselves: `sweep.grid.objective.beta`."""
    own = 2 if parts[:2] == ("sweep", "grid") else 3 if parts[:2] == ("sweep", "cells") else len(parts)
    return parts if len(parts) <= own else (*parts[:own], ".".join(parts[own:]))


class _NoSuchItemError(Exception):
    """A number that is no position of the list it stands under."""


def _laid(node: Node, takes: FieldType, rest: Path, value: Node, done: Path) -> Node:
    if not rest:
        return merge(node, value)
    if isinstance(node.value, list):
        return _laid_in_list(node, node.value, takes, rest, value, done)
    node = spelled_out(node)
    part, below = str(rest[0]), rest[1:]
    child = node.child(part) or _default(node, takes, part, value)
    if child is None or not below:
        return merge(node, Node({part: _nested(below, value)}, node.mark, node.key))
    laid = _laid(child, takes.at(part, node), below, value, (*done, part))
    entries = dict(node.value) if isinstance(node.value, dict) else {}
    return Node(entries | {part: laid}, node.mark, node.key, node.broken)


def _laid_in_list(node: Node, items: list[Node], takes: FieldType, rest: Path, value: Node, done: Path) -> Node:
    part = str(rest[0])
    if not (part.isascii() and part.isdecimal() and len(part) < 6 and int(part) < len(items)):
        positions = f"0 to {len(items) - 1}" if items else "none, it is empty"
        name = ".".join(map(str, done))
        raise _NoSuchItemError(f"{name} is a list, its items are {positions}; found '{printable(part)}'")
    at = int(part)
    laid = _laid(items[at], takes.at(at, node), rest[1:], value, (*done, at))
    return Node([*items[:at], laid, *items[at + 1 :]], node.mark, node.key, node.broken)


def _nested(rest: Path, value: Node) -> Node:
    for part in reversed(rest):
        value = Node({str(part): value}, value.mark, value.key)
    return value


def _default(node: Node, takes: FieldType, part: str, value: Node) -> Node | None:
    """What a key that the recipe leaves out has by default, so that an override may change a part of it."""
    model = takes.model_for(node)
    field = model.model_fields.get(part) if model else None
    default = default_of(field) if field else PydanticUndefined
    if default is PydanticUndefined or default is None:
        return None
    return replace(marked(default, _BUILT_IN), mark=value.mark, key=value.key)
