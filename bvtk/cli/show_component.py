"""What `bvtk show KIND NAME` says of a component."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic_core import PydanticUndefined

from bvtk.cli.common import out_console
from bvtk.recipe.fields import default_of
from bvtk.recipe.json_schema import class_schema
from bvtk.recipe.type_descriptions import describe_type
from bvtk.recipe.writing import flow
from bvtk.registry import Registry


def component_facts(registry: Registry[Any], name: str) -> dict[str, Any]:
    """A component's docs, fields, origin and place, as JSON values.

    Raises:
        UsageError: where there is none of that name.
    """
    entry = registry.entry(name)
    return {
        "kind": registry.kind,
        "name": name,
        "origin": str(entry.origin),
        "version": entry.origin.version,
        "place": entry.place,
        "doc": inspect.getdoc(entry.item) or "",
        "notes": dict(entry.item.notes()),
        "fields": _fields(entry.item),
    }


def _fields(spec: Any) -> list[dict[str, Any]]:
    properties = class_schema(spec).get("properties", {})
    facts = []
    for name, field in spec.model_fields.items():
        default = default_of(field)
        fact = {
            "name": name,
            "takes": describe_type(properties.get(name, {})),
            "required": default is PydanticUndefined,
        }
        fact |= {} if default is PydanticUndefined else {"default": default}
        facts.append(fact | {"doc": field.description or ""})
    return facts


def print_component(facts: dict[str, Any]) -> None:
    """Prints what `component_facts` gave, for people."""
    from rich.text import Text

    console = out_console()
    version = f" {facts['version'][:12]}" if facts["version"] else ""
    console.print(Text.assemble((f"{facts['kind']} {facts['name']}", "bold"), f"  {facts['origin']}{version}"))
    console.print(Text(facts["place"], style="dim"))
    console.print(Text(f"\n{facts['doc']}\n"))
    for heading, text in facts["notes"].items():
        console.print(Text.assemble("  ", (f"{heading}:", "bold"), f" {text}"))
    if facts["notes"]:
        console.print()
    for field in facts["fields"]:
        default = "required" if field["required"] else f"default {short(field['default'])}"
        console.print(
            Text.assemble("  ", (field["name"], "bold cyan"), f"  {field['takes']}", (f"  ({default})", "dim"))
        )
        for line in field["doc"].splitlines():
            console.print(Text(f"      {line}"))
    if not facts["fields"]:
        console.print("  It has no keys of its own.")
    console.print(Text(f"\nIn a recipe:  {_example(facts)}"))


def short(value: Any) -> str:
    """A value as people write it: a component without settings is a word, a constant schedule a number."""
    if isinstance(value, dict) and value.keys() == {"type"}:
        return flow(value["type"])
    if isinstance(value, dict) and value.get("type") == "constant" and value.keys() == {"type", "value"}:
        return flow(value["value"])
    return flow(value)


def _example(facts: dict[str, Any]) -> str:
    required = [field["name"] for field in facts["fields"] if field["required"]]
    with_default = [f for f in facts["fields"] if not f["required"]]
    if not required and not with_default:
        return str(facts["name"])
    said = [f"{name}: …" for name in required] or [f"{with_default[0]['name']}: {short(with_default[0]['default'])}"]
    return f"{{type: {facts['name']}, {', '.join(said)}}}"
