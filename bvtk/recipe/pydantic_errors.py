"""Turns Pydantic's errors into problems: finds the place and the key, and writes the message for authors of recipes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from bvtk.component import Slot
from bvtk.errors import Problem, printable
from bvtk.quantities import article, counted
from bvtk.recipe.fields import RECIPE, FieldType, component_name, default_node, types_along
from bvtk.recipe.marks import Mark, Node, Path, problem
from bvtk.recipe.scalars import is_number, write
from bvtk.registry import did_you_mean

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


def problems_of(error: ValidationError, root: Node, field_type: FieldType = RECIPE) -> list[Problem]:
    """The problems of validated data, by default a whole recipe, unordered and without duplicates."""
    found: dict[tuple[Path, str], Problem] = {}
    for detail in error.errors(include_url=False):
        finding = _Finding(root, detail, field_type)
        if not finding.follows_from_another:
            found.setdefault((finding.path, finding.identity), finding.problem())
    return list(found.values())


def help_command(error: ValidationError, root: Node, field_type: FieldType = RECIPE) -> str:
    """The command that lists the choices for the first unknown or missing name; empty if there is none."""
    commands = (_Finding(root, detail, field_type).command() for detail in error.errors(include_url=False))
    return next(filter(None, commands), "")


class _Finding:
    """One error of Pydantic, located in the data.

    Its location may end in keys that the data does not have: a missing key, a field of a component that is written as
    a bare word or number, or the tag of a union's branch.
    """

    def __init__(self, root: Node, detail: Any, field_type: FieldType) -> None:
        self.detail, self.kind = detail, str(detail["type"])
        self.context: Mapping[str, Any] = detail.get("ctx", {})
        location: Path = tuple(detail["loc"])
        self.nodes = root.descend(location)
        reached = len(self.nodes) - 1
        self.node = self.nodes[-1]
        self.types = types_along(root, location[:reached], field_type)
        self.inside, self.beyond = location[:reached], location[reached:]
        model = self.types[-1].model_for(self.node)
        self.is_field = bool(self.beyond) and model is not None and self.beyond[0] in model.model_fields
        too_few = self.kind == "missing" and bool(self.beyond) and isinstance(self.beyond[0], int)
        self.branch = bool(self.beyond) and not self.is_field and not too_few
        self.is_missing = self.kind == "missing" and self.is_field
        self.path = (*self.inside, self.beyond[0]) if self.is_missing else self.inside
        if self.kind == "slot_type" and self.node.child("type"):
            self.path = (*self.path, "type")
        self.identity = "branch" if self.branch else str(detail["loc"]) + self.kind

    @property
    def follows_from_another(self) -> bool:
        """Whether the value was already refused."""
        return any(node.broken for node in self.nodes) if self.is_missing or self.branch else self.node.broken

    def problem(self) -> Problem:
        """The problem with its place and message."""
        found = problem(self._mark(), self.path, *self._message_and_hint())
        # The key is missing in the whole file: an excerpt of its first line would not help.
        return replace(found, excerpt="") if self.is_missing and not self.inside else found

    def command(self) -> str:
        """The command that lists the choices."""
        if self.kind == "slot_type" and "kind" in self.context:
            return f"`bvtk ls {self.context['kind']}` lists them."
        holder = self.types[-1] if self.is_missing else self.types[-2] if len(self.types) > 1 else None
        node = self.node if self.is_missing else self.nodes[-2] if len(self.nodes) > 1 else None
        if holder is None or holder.slot is None or not (self.is_missing or self.kind == "extra_forbidden"):
            return ""
        return f"`bvtk show {holder.slot.registry.kind} {component_name(node, holder.slot)}` lists its keys."

    def _mark(self) -> Mark:
        node = self.node
        if self.kind == "slot_type" and (name := node.child("type")):
            return name.mark
        if node.key is None:
            return node.mark
        is_below_its_key = node.mark.line > node.key.line
        misses_a_key = (self.is_missing or self.kind == "slot_type") and isinstance(node.value, dict)
        at_key = self.kind == "extra_forbidden" or misses_a_key or is_below_its_key
        return node.key if at_key else node.mark

    def _message_and_hint(self) -> tuple[str, str]:
        found = describe(self.node)
        if self.branch:
            return self._one_of_several(found), ""
        if self.kind == "extra_forbidden":
            return f"unknown key, {self._meant_key(str(self.path[-1]))}", ""
        if self.kind == "missing" and not self.is_missing:
            return "must have more items", ""
        otherwise = str(self.detail["msg"])
        return message(self.kind, self.context, found, otherwise), fix_for(self.kind, self.node, self.types[-1].slot)

    def _meant_key(self, name: str) -> str:
        """What an unknown key may mean: outside of components also a key of another part of the recipe."""
        holder = self.types[-2]
        model = holder.model_for(self.nodes[-2])
        own = list(model.model_fields) if model else []
        own += ["extends"] * (len(self.types) == 2)
        if self.types[0] is not RECIPE or holder.slot is not None or get_close_matches(name, own, cutoff=0.8):
            return did_you_mean(name, own)
        elsewhere = {path.rpartition(".")[2]: path for path in reversed(_keys(self.nodes[0], RECIPE))} | _OTHER_WORDS
        near = get_close_matches(name, elsewhere, n=1, cutoff=0.75)
        return f"did you mean '{elsewhere[near[0]]}'?" if near else did_you_mean(name, own)

    def _one_of_several(self, found: str) -> str:
        from bvtk.recipe.json_schema import expected_at

        expected = expected_at(self.types[-2].model_for(self.nodes[-2]), self.inside[-1]) if self.inside else ""
        return f"expected {expected}, found {found}" if expected else str(self.detail["msg"])


_OTHER_WORDS = {
    "epochs": "training.steps",
    "iterations": "training.steps",
    "learning_rate": "training.optimizer.lr",
    "lr": "training.optimizer.lr",
    "latent_dim": "model.latents",
    "z_dim": "model.latents",
    "loss": "objective",
}
"""What other tools call some keys."""


def _keys(node: Node, field_type: FieldType, path: str = "") -> list[str]:
    """The dotted keys that a recipe has or may have, those of its components and defaults included."""
    model = field_type.model_for(node)
    found = []
    for name, field in model.model_fields.items() if model else ():
        found.append(path + name)
        child = node.child(name) or default_node(field, node.mark)
        if child is not None:
            found += _keys(child, field_type.at(name, node), f"{path}{name}.")
    return found


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
    if slot and slot.number and isinstance(value, list):
        return "to try several values, list them in `sweep.grid`"
    if isinstance(value, str) and is_number(value) and (kind.startswith(("int_", "float_")) or (slot and slot.number)):
        return f"write {value} without quotes"
    if kind == "slot_type" and slot and slot.number and isinstance(value, str):
        decimal = re.fullmatch(r"(\d+),(\d+)", value)
        return (
            f"decimals have a point: {decimal[1]}.{decimal[2]}"
            if decimal
            else f"write a number, or a {slot.registry.kind}"
        )
    if kind in ("list_type", "tuple_type") and isinstance(value, str | int | float):
        return f"write [{node.mark.text or write(value)}]"
    return ""


def describe(node: Node) -> str:
    """A value as shown in an error."""
    value = node.value
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f"'{printable(value)}'" if isinstance(value, str) else write(value)
