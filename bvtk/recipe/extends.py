"""Reads a recipe file and the files that it extends, and merges them. Overrides are merged by the same rules."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path as File

from bvtk.errors import Problem, RecipeError, printable
from bvtk.quantities import is_number
from bvtk.recipe.marks import Node, refusal
from bvtk.recipe.shipped import recipe_file, shipped_recipes
from bvtk.recipe.source import Document, read_document

MAX_PARENTS = 20
"""The longest chain of files that extend each other."""


@dataclass(frozen=True)
class Layers:
    """A recipe file merged over the files that it extends.

    Args:
        root: the merged data; None if some of it can't be read.
        text: the text of the file itself.
        files: names of all files, the recipe itself first.
    """

    root: Node | None
    text: str
    problems: tuple[Problem, ...]
    files: tuple[str, ...]


def read_layers(path: File) -> Layers:
    """Reads a file, or the shipped recipe of a name, and its chain of parents.

    Raises:
        RecipeError: if the file itself is missing or not text.
    """
    path = recipe_file(path)
    documents = [read_document(path, str(path))]
    problems = list(documents[0].problems)
    seen = {os.path.realpath(path): str(path)}
    while parent := _parent(documents[-1]):
        try:
            documents.append(_read_parent(documents[-1], parent, seen))
        except RecipeError as error:
            problems += error.problems
            break
        problems += documents[-1].problems
    whole = _parent(documents[-1]) is None
    return Layers(_merged(documents, whole), documents[0].source.text, tuple(problems), tuple(seen.values()))


def _read_parent(child: Document, parent: Node, seen: dict[str, str]) -> Document:
    def refused(message: str, hint: str = "") -> RecipeError:
        return refusal(parent.mark, message, hint, ("extends",))

    if not isinstance(parent.value, str) or not parent.value:
        raise refused("expected the path of one recipe")
    name = os.path.normpath(File(child.source.name).parent / parent.value)
    if not os.path.exists(name):  # noqa: PTH110 — Path.exists raises if a name is too long
        name = str(shipped_recipes().get(parent.value, name))
    resolved = os.path.realpath(name)
    if resolved in seen:
        raise refused(f"circular: {seen[resolved]} extends this file")
    if len(seen) > MAX_PARENTS:
        raise refused(f"more than {MAX_PARENTS} files extend each other")
    if not os.path.exists(name):  # noqa: PTH110 — Path.exists raises if a name is too long
        raise refused(f"{printable(name)}: no such file", "give a path relative to the folder of this file")
    seen[resolved] = name
    try:
        return read_document(File(name), name)
    except RecipeError as error:
        (found,) = error.problems
        raise (error if found.line else refused(f"{name}: {found.message}", found.hint)) from None


def _parent(document: Document) -> Node | None:
    return document.root.child("extends") if document.root else None


def _merged(documents: list[Document], whole: bool) -> Node | None:
    merged: Node | None = None
    for document in reversed(documents):
        if (root := document.root) is None or not isinstance(root.value, dict):
            return None
        own = {key: node for key, node in root.value.items() if key != "extends"}
        layer = Node(own, root.mark, root.key, root.broken or not whole)
        merged = merge(merged, layer) if merged else layer
    return merged


def merge(base: Node, over: Node) -> Node:
    """Merges a value over another: mappings merge, other values replace, a changed `type` drops its siblings."""
    given = over
    if isinstance(over.value, dict):
        base = expand_shorthand(base)
    elif base.child("type"):
        over = expand_shorthand(over)
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    if _changes_type(base, over):
        # A number is short for a schedule, but only in slots that take one.
        return over if isinstance(given.value, str | dict) else given
    entries = dict(base.value)
    for key, node in over.value.items():
        entries[key] = merge(entries[key], node) if key in entries else node
    return Node(entries, over.mark, over.key, base.broken or over.broken)


def expand_shorthand(node: Node) -> Node:
    """Expands a bare word or number to the mapping that it is short for; other values are returned unchanged."""
    value = node.value
    if isinstance(value, str):
        return Node({"type": node.under(node.mark)}, node.mark, node.key, node.broken)
    if is_number(value):
        kind = Node("constant", node.mark, node.mark)
        return Node({"type": kind, "value": node.under(node.mark)}, node.mark, node.key, node.broken)
    return node


def _changes_type(base: Node, over: Node) -> bool:
    old, new = base.child("type"), over.child("type")
    return old is not None and new is not None and old.value != new.value
