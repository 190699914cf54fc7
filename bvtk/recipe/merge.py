"""Lays one recipe over another: what `extends` and overrides on the command line have in common."""

from __future__ import annotations

from bvtk.recipe.marks import Node


def merge(base: Node, over: Node) -> Node:
    """A value laid over another: mappings merge, all else replaces, a changed `type` drops its siblings."""
    said = over
    if isinstance(over.value, dict):
        base = spelled_out(base)
    elif base.child("type"):
        over = spelled_out(over)
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    if _changes_type(base, over):
        return (
            over if isinstance(said.value, str | dict) else said
        )  # a number stands for a schedule, but not everywhere
    entries = dict(base.value)
    for key, node in over.value.items():
        entries[key] = merge(entries[key], node) if key in entries else node
    return Node(entries, over.mark, over.key, base.broken or over.broken)


def spelled_out(node: Node) -> Node:
    """A bare word or number as the mapping that it stands for, all else as it is."""
    value = node.value
    if isinstance(value, str):
        return Node({"type": node.under(node.mark)}, node.mark, node.key, node.broken)
    if isinstance(value, int | float) and not isinstance(value, bool):
        kind = Node("constant", node.mark, node.mark)
        return Node({"type": kind, "value": node.under(node.mark)}, node.mark, node.key, node.broken)
    return node


def _changes_type(base: Node, over: Node) -> bool:
    old, new = base.child("type"), over.child("type")
    return old is not None and new is not None and old.value != new.value
