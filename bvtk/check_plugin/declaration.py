"""Checks of a spec's documentation and fields, and an example of the spec."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bvtk.check_plugin.findings import CheckFailed, Finding, Report, require
from bvtk.component import DatasetSpec, Slot, Spec, dump, parse
from bvtk.docstrings import describe_fields
from bvtk.registry import Entry, Origin

HEAVY = ("torch", "numpy", "sklearn", "matplotlib", "einops")
"""Libraries that are slow to import."""
DEFAULTS: dict[str, Any] = {
    "encoder": {"type": "mlp", "hidden": [16]},
    "decoder": {"type": "mlp", "hidden": [16]},
    "likelihood": "bernoulli",
    "schedule": {"type": "constant", "value": 1.0},
}
"""Components for required slots without an example, by kind."""


def check_declaration(report: Report, item: type[Spec], folder: Path) -> Spec | None:
    """Checks documentation and fields. Returns the spec as `example` makes it, or None if that fails."""
    report.holds("it and its fields are documented", _documented, item)
    return report.tried("", example, item, folder)


def example(item: type[Spec], folder: Path | None = None) -> Spec:
    """A spec with the default of each field or, if there is none, its example.

    A data set may write example files into the folder.

    Raises:
        CheckFailed: if a required field has no example, or a default is invalid.
    """
    values = dict(item.example_fields(folder)) if folder and issubclass(item, DatasetSpec) else {}
    required = {name: info for name, info in item.model_fields.items() if info.is_required() and name not in values}
    values |= {name: _value(name, info) for name, info in required.items()}
    try:
        fields = dump(parse(item, values))
        fields.pop("type")
        return parse(item, fields)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise CheckFailed(f"the default or example of '{key}' is invalid: {first['msg']}") from None


def imports_at_top(origin: Origin, entries: Sequence[Entry[Any]]) -> list[Finding]:
    """A note for every slow library that a plugin's modules import when they load."""
    findings = []
    for file in dict.fromkeys(inspect.getsourcefile(entry.item) for entry in entries):
        body = ast.parse(Path(file).read_text(encoding="utf-8")).body if file else []
        for name, line in _imported(body):
            if name in HEAVY:
                message = f"imports {name} at its top (line {line}), which makes `bvtk ls` and `validate` slow"
                findings.append(Finding("note", str(origin), f"{message}: import it inside build"))
    return findings


def _imported(body: Sequence[ast.stmt]) -> Iterator[tuple[str, int]]:
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from ((alias.name.split(".")[0], statement.lineno) for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module.split(".")[0], statement.lineno


def _documented(item: type[Spec]) -> None:
    require(item.__doc__, "has no docstring: write one; `bvtk ls` shows its first line")
    describe_fields(item)
    bare = [name for name, info in item.model_fields.items() if not info.description]
    fields = "field" if len(bare) == 1 else "fields"
    require(not bare, f"no docstring for {fields} {', '.join(map(repr, bare))}: write one on the line below")


def _value(name: str, info: FieldInfo) -> Any:
    if info.examples:
        return info.examples[0]
    for slot in info.metadata:
        if isinstance(slot, Slot) and slot.registry.kind in DEFAULTS:
            return DEFAULTS[slot.registry.kind]
    raise CheckFailed(
        f"field {name!r} has no default and no example, so the component can't be tried: add a default, "
        f"or an example with `{name}: … = Field(examples=[…])`"
    )
