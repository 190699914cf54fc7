"""`bvtk show KIND NAME`: the documentation, keys and origin of a component."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from bvtk.cli.common import print_json, show
from bvtk.component import IN_RECIPES
from bvtk.errors import UsageError
from bvtk.recipe.fields import default_of
from bvtk.recipe.json_schema import class_schema, describe_type
from bvtk.recipe.writing import short
from bvtk.registry import Registry


def show_component(registry: Registry[Any], names: Sequence[str], layers: bool, as_json: bool) -> None:
    """Prints one component.

    Raises:
        UsageError: if there is not exactly one name, no component of that name, or `layers`.
    """
    kind = registry.kind
    if len(names) != 1:
        hint = f"run `bvtk show {kind} NAME`; `bvtk ls {kind}` lists the names"
        raise UsageError(f"expected the name of one {kind}, found {len(names)} names", hint)
    if layers:
        raise UsageError("--layers is for recipes", f"run `bvtk show {kind} {names[0]}`")
    facts = component_facts(registry, names[0])
    if as_json:
        print_json(facts)
    else:
        _print_component(facts)


def component_facts(registry: Registry[Any], name: str) -> dict[str, Any]:
    """A component's documentation, fields, origin and place, as JSON values.

    Raises:
        UsageError: if there is no component of that name.
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
        fact = {"name": name, "takes": describe_type(properties.get(name, {})), "required": field.is_required()}
        fact |= {} if field.is_required() else {"default": default_of(field)}
        facts.append(fact | {"doc": field.description or ""})
    return facts


def _print_component(facts: dict[str, Any]) -> None:
    version = f" {facts['version'][:12]}" if facts["version"] else ""
    show((f"{facts['kind']} {facts['name']}", "bold"), f"  {facts['origin']}{version}")
    show((facts["place"], "dim"))
    for text in ("", *facts["doc"].splitlines(), ""):
        show(text)
    for heading, text in facts["notes"].items():
        show("  ", (f"{heading}:", "bold"), f" {text}")
    if facts["notes"]:
        show("")
    for field in facts["fields"]:
        default = "required" if field["required"] else f"default {short(field['default'])}"
        show("  ", (field["name"], "bold cyan"), f"  {field['takes']}", (f"  ({default})", "dim"))
        for text in field["doc"].splitlines():
            show(f"      {text}")
    if not facts["fields"]:
        show("  No keys.")
    show("")
    if any(registry.kind == facts["kind"] for registry in IN_RECIPES):
        show(f"In a recipe:  {_example(facts)}")
    else:
        show(f"On the command line:  bvtk sweep RECIPE --{facts['kind']} {facts['name']}")


def _example(facts: dict[str, Any]) -> str:
    """The component with its required keys, or else with its first key."""
    fields = facts["fields"]
    shown = [f"{field['name']}: …" for field in fields if field["required"]]
    shown = shown or [f"{field['name']}: {short(field['default'])}" for field in fields[:1]]
    return f"{{type: {facts['name']}, {', '.join(shown)}}}" if shown else str(facts["name"])
