"""Merges one recipe over another, for `extends` and for overrides."""

from __future__ import annotations

from bvtk.quantities import is_number
from bvtk.recipe.marks import Node


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
