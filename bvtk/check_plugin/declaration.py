"""Checks of what a component says about itself, and a filled-in spec to try it with."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bvtk.check_plugin.findings import Finding, Report, Wrong, require
from bvtk.component import Slot, Spec, dump, parse
from bvtk.docstrings import describe_fields
from bvtk.registry import Entry, Origin

HEAVY = ("torch", "numpy", "sklearn", "matplotlib", "einops")
"""What `bvtk ls` and the like would wait for."""
STAND_INS: dict[str, Any] = {
    "encoder": {"type": "mlp", "hidden": [16]},
    "decoder": {"type": "mlp", "hidden": [16]},
    "likelihood": "bernoulli",
    "schedule": {"type": "constant", "value": 1.0},
}
"""What fills a required slot, by the kind of component that it takes."""


def check_declaration(report: Report, item: type[Spec]) -> Spec | None:
    """Checks documentation and fields, and fills the spec in.

    Returns:
        A spec with its defaults and, where there are none, its examples; None where that can't be had.
    """
    made: list[Spec] = []
    report.holds("it and its fields are documented", "", _documented, item)
    report.passes("", lambda: made.append(example(item)))
    return made[0] if made else None


def example(item: type[Spec]) -> Spec:
    """A spec with its defaults, and its examples where a field has none.

    Raises:
        Wrong: where a required field has no example, or where a default is refused by its own type.
    """
    values = {name: _value(name, info) for name, info in item.model_fields.items() if info.is_required()}
    try:
        said = dump(parse(item, values))
        said.pop("type")
        return parse(item, said)
    except ValidationError as refusal:
        first = refusal.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise Wrong(f"refuses its own default or example of '{key}': {first['msg']}") from None


def imports_at_top(origin: Origin, entries: Sequence[Entry[Any]]) -> list[Finding]:
    """A note for every heavy library that a plugin's modules import when they load."""
    findings = []
    for file in dict.fromkeys(inspect.getsourcefile(entry.item) for entry in entries):
        body = ast.parse(Path(file).read_text(encoding="utf-8")).body if file else []
        for name, line in _imported(body):
            if name in HEAVY:
                message = f"imports {name} at its top (line {line}), so `bvtk ls` and `validate` wait for it; "
                findings.append(Finding("note", str(origin), message + "import it inside build"))
    return findings


def _imported(body: Sequence[ast.stmt]) -> list[tuple[str, int]]:
    names = []
    for statement in body:
        if isinstance(statement, ast.Import):
            names += [(alias.name.split(".")[0], statement.lineno) for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            names.append((statement.module.split(".")[0], statement.lineno))
    return names


def _documented(item: type[Spec]) -> None:
    require(item.__doc__, "has no docstring: its first line is what `bvtk ls` shows")
    describe_fields(item)
    bare = [name for name, info in item.model_fields.items() if not info.description]
    fields = "field" if len(bare) == 1 else "fields"
    require(not bare, f"{fields} {', '.join(map(repr, bare))}: write a docstring on the line below")


def _value(name: str, info: FieldInfo) -> Any:
    if info.examples:
        return info.examples[0]
    for slot in info.metadata:
        if isinstance(slot, Slot) and slot.registry.kind in STAND_INS:
            return STAND_INS[slot.registry.kind]
    raise Wrong(
        f"field {name!r} has neither a default nor an example, so nothing could be built: give it one, "
        f"or write `{name}: … = Field(examples=[…])` with a value to try"
    )
