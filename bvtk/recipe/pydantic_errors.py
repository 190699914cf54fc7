"""Turns Pydantic's errors into problems: finds the place, the key and the message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from bvtk.errors import Problem
from bvtk.recipe.fields import RECIPE, FieldType, component_name, types_along
from bvtk.recipe.marks import Mark, Node, Path, problem
from bvtk.recipe.messages import describe, fix_for, message
from bvtk.registry import did_you_mean


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
            model = self.types[-2].model_for(self.nodes[-2])
            return f"unknown key, {did_you_mean(str(self.path[-1]), list(model.model_fields) if model else [])}", ""
        if self.kind == "missing" and not self.is_missing:
            return "must have more items", ""
        otherwise = str(self.detail["msg"])
        return message(self.kind, self.context, found, otherwise), fix_for(self.kind, self.node, self.types[-1].slot)

    def _one_of_several(self, found: str) -> str:
        from bvtk.recipe.type_descriptions import expected_at

        expected = expected_at(self.types[-2].model_for(self.nodes[-2]), self.inside[-1]) if self.inside else ""
        return f"expected {expected}, found {found}" if expected else str(self.detail["msg"])
