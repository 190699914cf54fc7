"""Turns what Pydantic found into problems with a place, in the words of those who write recipes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from bvtk.component import Slot
from bvtk.errors import Problem
from bvtk.recipe.fields import along, component_name
from bvtk.recipe.marks import Mark, Node, Path, printable, problem
from bvtk.recipe.scalars import write
from bvtk.registry import did_you_mean

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
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
    "multiple_of": ("multiple_of", "a multiple of"),
}


def problems_of(error: ValidationError, root: Node) -> list[Problem]:
    """Everything that is wrong in a recipe, each once, in no order yet.

    Args:
        error: what validation found.
        root: the data that was validated.
    """
    found: dict[tuple[Path, str], Problem] = {}
    for detail in error.errors(include_url=False):
        finding = _Finding(root, detail)
        if not finding.follows_from_another:
            found.setdefault((finding.path, finding.once), finding.problem())
    return list(found.values())


def where_to_read_on(error: ValidationError, root: Node) -> str:
    """The command that lists what the first unknown or missing name could have been; empty where none does."""
    for detail in error.errors(include_url=False):
        hint = _Finding(root, detail).command()
        if hint:
            return hint
    return ""


class _Finding:
    """One error of Pydantic, held against the data.

    Pydantic's location may end in keys that the data lacks: a missing key, a field that a bare word or
    number leaves unsaid, or the tag of a union's branch.
    """

    def __init__(self, root: Node, detail: Any) -> None:
        self.detail, self.kind = detail, str(detail["type"])
        self.context: Mapping[str, Any] = detail.get("ctx", {})
        location: Path = tuple(detail["loc"])
        self.nodes = root.descend(location)
        reached = len(self.nodes) - 1
        self.node = self.nodes[-1]
        self.steps = along(root, location[:reached])
        self.inside, self.beyond = location[:reached], location[reached:]
        model = self.steps[-1].model_for(self.node)
        self.unsaid = bool(self.beyond) and model is not None and self.beyond[0] in model.model_fields
        too_few = self.kind == "missing" and bool(self.beyond) and isinstance(self.beyond[0], int)
        self.branch = bool(self.beyond) and not self.unsaid and not too_few
        self.is_missing = self.kind == "missing" and self.unsaid
        self.path = (*self.inside, self.beyond[0]) if self.is_missing else self.inside
        if self.kind == "slot_type" and self.node.child("type"):
            self.path = (*self.path, "type")
        self.once = "branch" if self.branch else str(detail["loc"]) + self.kind

    @property
    def follows_from_another(self) -> bool:
        """Whether the value was refused before it came here."""
        return any(node.broken for node in self.nodes) if self.is_missing or self.branch else self.node.broken

    def problem(self) -> Problem:
        """The finding in words, with its place."""
        message, hint = self._words()
        return problem(self._mark(), self.path, message, hint)

    def command(self) -> str:
        """The command that lists what was possible here."""
        if self.kind == "slot_type":
            return f"`bvtk ls {self.context['kind']}` lists them."
        step = self.steps[-1] if self.is_missing else self.steps[-2] if len(self.steps) > 1 else None
        node = self.node if self.is_missing else self.nodes[-2] if len(self.nodes) > 1 else None
        if step is None or step.slot is None or not (self.is_missing or self.kind == "extra_forbidden"):
            return ""
        return f"`bvtk show {step.slot.registry.kind} {component_name(node, step.slot)}` lists its keys."

    def _mark(self) -> Mark:
        node = self.node
        if self.kind == "slot_type" and (said := node.child("type")):
            return said.mark
        at_key = self.kind == "extra_forbidden" or self.is_missing or self.kind == "slot_type"
        block = node.key is not None and node.mark.line > node.key.line
        bare = not isinstance(node.value, dict)
        if node.key and (block or (at_key and not (bare and self.kind != "extra_forbidden"))):
            return node.key
        if self.is_missing and not self.inside:
            return Mark(node.mark.source)
        return node.mark

    def _words(self) -> tuple[str, str]:
        if self.branch:
            return self._one_of_several(), ""
        special: Callable[[], tuple[str, str]] | None = getattr(self, f"_{self.kind}", None)
        if special:
            return special()
        if self.kind in _BOUNDS:
            name, words = _BOUNDS[self.kind]
            return f"must be {words} {_number(self.context[name])}, found {self._found()}", ""
        expected = _EXPECTED.get(self.kind.split("_")[0])
        if expected and self.kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type")):
            return f"expected {expected}, found {self._found()}", self._mend()
        return str(self.detail["msg"]), ""

    def _one_of_several(self) -> str:
        from bvtk.recipe.words import expected_at

        wanted = expected_at(self.steps[-2].model_for(self.nodes[-2]), self.inside[-1]) if self.inside else ""
        return f"expected {wanted}, found {self._found()}" if wanted else str(self.detail["msg"])

    def _missing(self) -> tuple[str, str]:
        if not self.is_missing:
            return "has too few items", ""
        return "is missing, it has no default", ""

    def _extra_forbidden(self) -> tuple[str, str]:
        model = self.steps[-2].model_for(self.nodes[-2])
        known = list(model.model_fields) if model else []
        return f"unknown key, {did_you_mean(str(self.path[-1]), known)}", ""

    def _slot_type(self) -> tuple[str, str]:
        kind, known = self.context["kind"], self.context["known"]
        if "name" in self.context:
            return f"unknown {kind} {printable(self.context['name'])!r}, {known}", ""
        return f"{article(kind)} needs a 'type', {known}", ""

    def _slot(self) -> tuple[str, str]:
        slot = self.steps[-1].slot or Slot(registry=None)  # type: ignore[arg-type]
        number = ", or a number" if slot.number else ""
        kind = article(slot.registry.kind) if slot.registry else "a component"
        return f"expected {kind}: its name, or a mapping with 'type'{number}; found {self._found()}", ""

    def _literal_error(self) -> tuple[str, str]:
        return f"expected {self.context['expected']!s}, found {self._found()}", ""

    def _finite_number(self) -> tuple[str, str]:
        return f"must be finite, found {self._found()}", ""

    def _value_error(self) -> tuple[str, str]:
        return str(self.context["error"]), ""

    def _too_short(self) -> tuple[str, str]:
        return f"needs at least {self.context['min_length']} items, found {self.context['actual_length']}", ""

    def _too_long(self) -> tuple[str, str]:
        return f"takes at most {self.context['max_length']} items, found {self.context['actual_length']}", ""

    def _string_too_short(self) -> tuple[str, str]:
        return f"needs at least {self.context['min_length']} characters, found {self._found()}", ""

    def _found(self) -> str:
        value = self.node.value
        if isinstance(value, dict | list):
            return "a mapping" if isinstance(value, dict) else "a list"
        return f"'{printable(value)}'" if isinstance(value, str) else write(value)

    def _mend(self) -> str:
        value = self.node.value
        if self.kind.startswith("int") and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return f"write {int(value)}"
        if self.kind.startswith("bool") and isinstance(value, str) and value.lower() in ("yes", "no", "on", "off"):
            return f"write {'true' if value.lower() in ('yes', 'on') else 'false'}"
        if self.kind.startswith("string") and isinstance(value, int | float):
            return f'write "{write(value)}" if it is meant as text'
        return ""


def article(noun: str) -> str:
    """`an encoder`, `a model`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
