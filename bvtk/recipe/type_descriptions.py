"""Descriptions of field types in plain words, derived from their JSON Schema so that they match the checks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from bvtk.recipe.json_schema import SLOT, class_schema
from bvtk.recipe.messages import article

_SIMPLE = {
    "integer": "an integer",
    "number": "a number",
    "string": "text",
    "boolean": "true or false",
    "null": "null",
    "object": "a mapping",
}
_BOUNDS = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "more than"),
    ("maximum", "at most"),
    ("exclusiveMaximum", "less than"),
)


def expected_at(model: type[BaseModel] | None, key: str | int) -> str:
    """The type of a field in words: `a number more than 0 or 'learned'`; empty if it is unknown."""
    properties = class_schema(model).get("properties", {}) if model else {}
    return describe_type(properties[key]) if key in properties else ""


def describe_type(schema: dict[str, Any]) -> str:
    """A JSON Schema of a field, which may contain placeholders of slots, in words."""
    if SLOT in schema:
        return _slot(schema[SLOT])
    if "enum" in schema or "const" in schema:
        return _joined([_value(value) for value in schema.get("enum", [schema.get("const")])])
    if "anyOf" in schema:
        return _joined([describe_type(branch) for branch in schema["anyOf"]])
    if schema.get("type") == "array":
        return _list(schema)
    if "$ref" in schema:
        return "a mapping"
    return _SIMPLE.get(schema.get("type", ""), "anything") + _bounded(schema)


def _slot(slot: dict[str, Any]) -> str:
    number = f"a number{_bounded(slot['bounds'])}, or " if slot["number"] else ""
    return number + article(slot["kind"])


def _list(schema: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"a list of {' and '.join(describe_type(item) for item in schema['prefixItems'])}"
    items = schema.get("items")
    return f"a list, each {describe_type(items)}" if items else "a list"


def _bounded(schema: dict[str, Any]) -> str:
    bounds = [f"{word} {schema[key]:g}" for key, word in _BOUNDS if key in schema]
    return " " + " and ".join(bounds) if bounds else ""


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _value(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
