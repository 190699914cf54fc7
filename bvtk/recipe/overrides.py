"""Overrides on the command line: `a.b.c=value`, with values parsed by the same rules as in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bvtk.errors import Problem, printable
from bvtk.recipe.composer import INVALID_CHARACTERS, MAX_DEPTH
from bvtk.recipe.extends import expand_shorthand, merge
from bvtk.recipe.fields import RECIPE, FieldType, default_node
from bvtk.recipe.marks import COMMAND_LINE, DEFAULT, Mark, Node, Path, Source, problem
from bvtk.recipe.source import compose

_BUILT_IN = Mark(Source(DEFAULT))


@dataclass(frozen=True)
class Override:
    """A value for one key, from the command line or a sweep. List positions in `path` are still text."""

    path: tuple[str, ...]
    value: Node

    @property
    def key(self) -> str:
        """The dotted key."""
        return ".".join(self.path)


def apply_override_text(root: Node, text: str) -> tuple[Node, tuple[Problem, ...]]:
    """Applies an override `a.b.c=value` to a recipe, or returns the recipe unchanged with the errors."""
    override, problems = parse_override(text)
    return apply_override(root, override) if override else (root, problems)


def parse_override(text: str) -> tuple[Override | None, tuple[Problem, ...]]:
    """Parses an override `a.b.c=value`, or returns its errors."""
    key, equals, _ = text.partition("=")
    source = Source(COMMAND_LINE, text)
    here = Mark(source, 1, 1, len(key) or len(text))
    parts = tuple(key.split("."))
    if not equals or not all(parts):
        message = f"'{printable(text)}' is not an override"
        return None, (problem(here, (), message, "write key=value, such as objective.beta=8"),)
    if INVALID_CHARACTERS.search(key):
        return None, (problem(here, parts, "this character is not allowed in a key"),)
    if len(parts) > MAX_DEPTH:
        return None, (problem(here, (), f"a key of more than {MAX_DEPTH} parts"),)
    if parts[0] == "extends":
        return None, (problem(here, parts, "can't be overridden", "name another recipe instead"),)
    document = compose(source, len(key) + 1, parts)
    if document.problems:
        return None, document.problems
    return Override(_joined_in_sweep(parts), (document.root or Node(None, here)).under(here)), ()


def apply_override(root: Node, override: Override) -> tuple[Node, tuple[Problem, ...]]:
    """Applies an override to a recipe, or returns the recipe unchanged with the error."""
    try:
        return _applied(root, RECIPE, override.path, override.value, ()), ()
    except _NoSuchItemError as error:
        return root, (problem(override.value.key or override.value.mark, override.path, str(error)),)


def _joined_in_sweep(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Joins what follows `sweep.grid` or `sweep.cells.N`, because keys there are dotted themselves."""
    own = 2 if parts[:2] == ("sweep", "grid") else 3 if parts[:2] == ("sweep", "cells") else len(parts)
    return parts if len(parts) <= own else (*parts[:own], ".".join(parts[own:]))


class _NoSuchItemError(Exception):
    """A part of a key that is not a position of its list."""


def _applied(node: Node, field_type: FieldType, rest: Path, value: Node, done: Path) -> Node:
    if not rest:
        return merge(node, value)
    if isinstance(node.value, list):
        return _applied_in_list(node, node.value, field_type, rest, value, done)
    node = expand_shorthand(node)
    part, below = str(rest[0]), rest[1:]
    child = node.child(part) or _default(node, field_type, part, value)
    if child is None or not below:
        return merge(node, Node({part: _nested(below, value)}, node.mark, node.key))
    changed = _applied(child, field_type.at(part, node), below, value, (*done, part))
    entries = dict(node.value) if isinstance(node.value, dict) else {}
    return Node(entries | {part: changed}, node.mark, node.key, node.broken)


def _applied_in_list(node: Node, items: list[Node], field_type: FieldType, rest: Path, value: Node, done: Path) -> Node:
    part = str(rest[0])
    if not (part.isascii() and part.isdecimal() and len(part) < 6 and int(part) < len(items)):
        positions = f"a position from 0 to {len(items) - 1}" if items else "no further key, since the list is empty"
        name = ".".join(map(str, done))
        raise _NoSuchItemError(f"{name} is a list: expected {positions}, found '{printable(part)}'")
    at = int(part)
    changed = _applied(items[at], field_type.at(at, node), rest[1:], value, (*done, at))
    return Node([*items[:at], changed, *items[at + 1 :]], node.mark, node.key, node.broken)


def _nested(rest: Path, value: Node) -> Node:
    for part in reversed(rest):
        value = Node({str(part): value}, value.mark, value.key)
    return value


def _default(node: Node, field_type: FieldType, part: str, value: Node) -> Node | None:
    """The default of a key that the recipe leaves out, so that an override can change a part of it."""
    model = field_type.model_for(node)
    found = default_node(model.model_fields.get(part) if model else None, _BUILT_IN)
    return replace(found, mark=value.mark, key=value.key) if found else None
