"""Rewrites Pydantic's errors in words for authors of recipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def message(kind: str, context: Context, found: str, otherwise: str) -> str:
    """The message for one error.

    Args:
        kind: Pydantic's type of the error.
        context: the context that Pydantic gives with it.
        found: the value, as returned by `describe`.
        otherwise: Pydantic's own message, for error types of plugins.
    """
    try:
        if kind in _SPECIAL:
            return _SPECIAL[kind](context, found)
        if kind in _BOUNDS:
            name, words = _BOUNDS[kind]
            return f"must be {words} {_number(context[name])}, found {found}"
    except KeyError:  # a plugin has an error type of the same name
        return otherwise
    expected = _EXPECTED.get(kind.split("_")[0]) if kind.endswith(_WRONG_TYPE) else None
    return f"expected {expected}, found {found}" if expected else otherwise


def fix_for(kind: str, node: Node, slot: Slot | None = None) -> str:
    """What to write instead of a value of the wrong type; empty if that is not clear.

    Args:
        kind: Pydantic's type of the error.
        node: the value.
        slot: the slot that takes it, if any.
    """
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


def _slot_type(context: Context, found: str) -> str:
    del found
    if "name" in context:
        return f"unknown {context['kind']} '{printable(context['name'])}', {context['known']}"
    return f"{article(context['kind'])} needs a 'type', {context['known']}"


def _slot(context: Context, found: str) -> str:
    # Slot writes "a" before every kind.
    expected = article(str(context["expected"]).removeprefix("a "))
    return f"expected {expected}, found {found}"


_SPECIAL: Mapping[str, Callable[[Context, str], str]] = {
    "missing": lambda _context, _: "is missing and has no default",
    "literal_error": lambda context, found: f"expected {context['expected']}, found {found}",
    "finite_number": lambda _context, found: f"must be finite, found {found}",
    "value_error": lambda context, _: str(context["error"]),
    "too_short": lambda context, _: (
        f"must have at least {counted(context['min_length'], 'item')}, found {context['actual_length']}"
    ),
    "too_long": lambda context, _: (
        f"must have at most {counted(context['max_length'], 'item')}, found {context['actual_length']}"
    ),
    "string_too_short": lambda context, found: (
        f"must have at least {counted(context['min_length'], 'character')}, found {found}"
    ),
    "string_too_long": lambda context, found: (
        f"must have at most {counted(context['max_length'], 'character')}, found {found}"
    ),
    "string_pattern_mismatch": lambda context, found: f"must match {context['pattern']}, found {found}",
    "form": lambda context, found: f"expected {context['expected']}; found {printable(context.get('found', found))}",
    "slot_type": _slot_type,
    "slot": _slot,
}


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
