"""Rewrites Pydantic's errors in words for authors of recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bvtk.component import Slot
from bvtk.counting import counted
from bvtk.errors import printable
from bvtk.recipe.marks import Node
from bvtk.recipe.scalars import is_number, write

Context = Mapping[str, Any]

_EXPECTED = {
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "path": "a path",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "none": "null",
}
_WRONG_TYPE = ("_type", "_parsing", "_from_float")
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "multiple_of": ("multiple_of", "a multiple of"),
}
_LENGTHS = {
    "too_short": ("min_length", "at least", "item"),
    "too_long": ("max_length", "at most", "item"),
    "string_too_short": ("min_length", "at least", "character"),
    "string_too_long": ("max_length", "at most", "character"),
}
_TEMPLATES = {
    "missing": "is missing and has no default",
    "literal_error": "expected {expected}, found {found}",
    "finite_number": "must be finite, found {found}",
    "value_error": "{error}",
    "string_pattern_mismatch": "must match {pattern}, found {found}",
}


def message(kind: str, context: Context, found: str, otherwise: str) -> str:
    """The message for one error of Pydantic, from its type and context.

    Args:
        found: the value, as returned by `describe`.
        otherwise: Pydantic's own message, for error types of plugins.
    """
    try:
        if kind in _TEMPLATES:
            return _TEMPLATES[kind].format(**{**context, "found": found})
        if kind == "form":
            return f"expected {context['expected']}; found {printable(context.get('found', found))}"
        if kind == "slot":  # Slot writes "a" before every kind.
            return f"expected {article(str(context['expected']).removeprefix('a '))}, found {found}"
        if kind == "slot_type" and "name" in context:
            return f"unknown {context['kind']} '{printable(context['name'])}', {context['known']}"
        if kind == "slot_type":
            return f"{article(context['kind'])} needs a 'type', {context['known']}"
        if kind in _LENGTHS:
            name, words, noun = _LENGTHS[kind]
            length = context["actual_length"] if noun == "item" else found
            return f"must have {words} {counted(context[name], noun)}, found {length}"
        if kind in _BOUNDS:
            name, words = _BOUNDS[kind]
            bound = context[name]
            return f"must be {words} {f'{bound:g}' if isinstance(bound, float) else bound}, found {found}"
    except KeyError:  # a plugin has an error type of the same name
        return otherwise
    expected = _EXPECTED.get(kind.split("_")[0]) if kind.endswith(_WRONG_TYPE) else None
    return f"expected {expected}, found {found}" if expected else otherwise


def fix_for(kind: str, node: Node, slot: Slot | None = None) -> str:
    """What to write instead of a value of the wrong type; empty if that is not clear."""
    value = node.value
    if kind.startswith("int_") and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return f"write {int(value)}"
    if kind.startswith("bool_") and isinstance(value, str) and value.lower() in ("yes", "no", "on", "off"):
        return f"write {'true' if value.lower() in ('yes', 'on') else 'false'}"
    if kind.startswith("string_") and isinstance(value, bool | int | float):
        return f'write "{node.mark.text or write(value)}" to make it text'
    if kind == "slot_type" and slot and slot.number and is_number(value):
        return f"write {value} without quotes"
    return ""


def describe(node: Node) -> str:
    """A value as shown in an error."""
    value = node.value
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f"'{printable(value)}'" if isinstance(value, str) else write(value)


def article(noun: str) -> str:
    """`an encoder`, `a model`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
