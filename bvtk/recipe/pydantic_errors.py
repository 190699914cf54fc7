"""Holds what Pydantic found against the data: which place, which key, which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from bvtk.errors import Problem
from bvtk.recipe.fields import RECIPE, FieldType, along, component_name
from bvtk.recipe.marks import Mark, Node, Path, problem
from bvtk.recipe.messages import describe, mend, message
from bvtk.registry import did_you_mean


def problems_of(error: ValidationError, root: Node, takes: FieldType = RECIPE) -> list[Problem]:
    """Everything that is wrong in a recipe, each once, in no order yet.

    Args:
        error: what validation found.
        root: the data that was validated.
        takes: what the data are meant for, where they are no whole recipe.
    """
    found: dict[tuple[Path, str], Problem] = {}
    for detail in error.errors(include_url=False):
        finding = _Finding(root, detail, takes)
        if not finding.follows_from_another:
            found.setdefault((finding.path, finding.once), finding.problem())
    return list(found.values())


def help_command(error: ValidationError, root: Node, takes: FieldType = RECIPE) -> str:
    """The command that lists what the first unknown or missing name could have been; empty where none does."""
    for detail in error.errors(include_url=False):
        hint = _Finding(root, detail, takes).command()
        if hint:
            return hint
    return ""


class _Finding:
    """One error of Pydantic, held against the data.

    Pydantic's location may end in keys that the data lacks: a missing key, a field that a bare word or
    number leaves unsaid, or the tag of a union's branch.
    """

    def __init__(self, root: Node, detail: Any, takes: FieldType) -> None:
        self.detail, self.kind = detail, str(detail["type"])
        self.context: Mapping[str, Any] = detail.get("ctx", {})
        location: Path = tuple(detail["loc"])
        self.nodes = root.descend(location)
        reached = len(self.nodes) - 1
        self.node = self.nodes[-1]
        self.steps = along(root, location[:reached], takes)
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
        found = problem(self._mark(), self.path, *self._words())
        # The whole file lacks the key: its first line is where it begins, and shows nothing.
        return replace(found, excerpt="") if self.is_missing and not self.inside else found

    def command(self) -> str:
        """The command that lists what was possible here."""
        if self.kind == "slot_type" and "kind" in self.context:
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
        if node.key is None:
            return node.mark
        starts_below_its_key = node.mark.line > node.key.line
        lacks_a_key = (self.is_missing or self.kind == "slot_type") and isinstance(node.value, dict)
        at_key = self.kind == "extra_forbidden" or lacks_a_key or starts_below_its_key
        return node.key if at_key else node.mark

    def _words(self) -> tuple[str, str]:
        found = describe(self.node)
        if self.branch:
            return self._one_of_several(found), ""
        if self.kind == "extra_forbidden":
            model = self.steps[-2].model_for(self.nodes[-2])
            return f"unknown key, {did_you_mean(str(self.path[-1]), list(model.model_fields) if model else [])}", ""
        if self.kind == "missing" and not self.is_missing:
            return "has too few items", ""
        otherwise = str(self.detail["msg"])
        return message(self.kind, self.context, found, otherwise), mend(self.kind, self.node, self.steps[-1].slot)

    def _one_of_several(self, found: str) -> str:
        from bvtk.recipe.type_descriptions import expected_at

        wanted = expected_at(self.steps[-2].model_for(self.nodes[-2]), self.inside[-1]) if self.inside else ""
        return f"expected {wanted}, found {found}" if wanted else str(self.detail["msg"])
