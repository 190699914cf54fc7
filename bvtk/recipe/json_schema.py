"""JSON Schema of recipes with all registered components, for completion and checks in editors.

Pydantic describes each class. A slot is a placeholder there, which is replaced by a choice between the components of
its registry. A recipe with `extends` may leave out required keys, so there are two versions of every definition: one
complete, one with nothing required.

Errors describe types in plain words, which are derived from the same schema, so that they match the checks.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, NoDefault
from pydantic_core import CoreSchema, core_schema

from bvtk.component import IN_RECIPES, Slot
from bvtk.docstrings import describe_fields
from bvtk.quantities import article
from bvtk.recipe.fields import as_data
from bvtk.recipe.schema import Recipe

SLOT = "x-slot"
"""The key of the placeholder for a component."""

Json = dict[str, Any]

_PARTIAL = "partial."
_EXTENDED = "Another recipe, relative to this file, which this one is merged over."
_EXTENDS: Json = {"type": "string", "minLength": 1, "description": _EXTENDED}


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


def recipe_schema() -> Json:
    """The schema of a recipe file, as JSON values."""
    definitions = _definitions()
    definitions |= {_PARTIAL + name: _without_required(schema) for name, schema in definitions.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bvtk recipe",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"#/$defs/{_PARTIAL}recipe"},
        "else": {"$ref": "#/$defs/recipe"},
        "$defs": definitions,
    }


def class_schema(model: type[BaseModel], prefix: str = "") -> Json:
    """The schema of a class, with a placeholder for each slot and defaults as in a recipe."""
    describe_fields(model)
    return model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}", schema_generator=_Generator)


class _Generator(GenerateJsonSchema):
    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        slot = (schema.get("metadata") or {}).get("slot")
        if not isinstance(slot, Slot):
            return {}
        bounds = {k: v for k, v in zip(("minimum", "maximum"), slot.bounds, strict=True) if math.isfinite(v)}
        return {SLOT: {"kind": slot.registry.kind, "number": slot.number is not None, "bounds": bounds}}

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        factory: Callable[[], Any] | None = schema.get("default_factory")  # type: ignore[assignment]
        if factory and not schema.get("default_factory_takes_data"):
            return factory()
        return schema.get("default", NoDefault)

    def encode_default(self, dft: Any) -> Any:
        return as_data(dft)

    def handle_invalid_for_json_schema(self, schema: CoreSchema, error_info: str) -> JsonSchemaValue:
        """Accepts anything for a field of a plugin that has no schema; `bvtk validate` still checks it."""
        del schema, error_info
        return {}

    def field_title_should_be_set(self, schema: Any) -> bool:
        del schema
        return False


def _definitions() -> Json:
    definitions: Json = {}
    for registry in IN_RECIPES:
        kind = registry.kind
        choices: list[Json] = []
        for entry in registry.entries():
            name, constant = f"{kind}.{entry.name}", {"const": entry.name, "description": entry.summary}
            if not any(field.is_required() for field in entry.item.model_fields.values()):
                choices.append(constant)
            choices.append({"$ref": f"#/$defs/{name}"})
            schema, inner = _class_and_inner(entry.item, name)
            keys = {"type": constant} | schema["properties"]
            required = ["type", *schema.get("required", [])]
            definitions |= {name: schema | {"properties": keys, "required": required}} | inner
        definitions[kind] = {"anyOf": choices} if choices else {"not": {}}
    schema, inner = _class_and_inner(Recipe, "recipe")
    return definitions | inner | {"recipe": schema | {"properties": {"extends": _EXTENDS} | schema["properties"]}}


def _class_and_inner(model: type[BaseModel], name: str) -> tuple[Json, Json]:
    """The schema of a class, and those of the classes inside it by their names."""
    schema = _filled(class_schema(model, f"{name}."))
    return schema, {f"{name}.{key}": value for key, value in schema.pop("$defs", {}).items()}


def _filled(schema: Any) -> Any:
    """Replaces placeholders by choices, and removes Pydantic's titles."""
    if isinstance(schema, list):
        return [_filled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    filled = {key: _filled(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    slot = filled.pop(SLOT, None)
    if slot is None:
        return filled
    reference = {"$ref": f"#/$defs/{slot['kind']}"}
    number = {"type": "number", "description": "A constant value."} | slot["bounds"]
    return filled | ({"anyOf": [number, reference]} if slot["number"] else reference)


def _without_required(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_required(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    loose = {
        key: _without_required(value)
        for key, value in schema.items()
        if not (key == "required" and isinstance(value, list))
    }
    if isinstance(target := loose.get("$ref"), str):
        loose["$ref"] = target.replace("#/$defs/", f"#/$defs/{_PARTIAL}")
    return loose


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
