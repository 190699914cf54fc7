"""Walks the classes behind a recipe: what each field takes, and which class a value fills."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bvtk.component import Slot, Spec, dump
from bvtk.recipe.marks import Node, Path
from bvtk.recipe.schema import Recipe


@dataclass(frozen=True)
class FieldType:
    """What a field takes that has fields of its own.

    Args:
        slot: the slot, where it takes a component.
        model: the class, where it takes a fixed mapping.
        items: what each item takes, where it takes a list.
    """

    slot: Slot | None = None
    model: type[BaseModel] | None = None
    items: FieldType | None = None

    def at(self, part: str | int, node: Node | None) -> FieldType:
        """What stands under a key or a list position of a value."""
        if isinstance(part, int):
            return self.items or FieldType()
        model = self.model_for(node)
        field = model.model_fields.get(part) if model else None
        return field_type(field.annotation, *field.metadata) if field else FieldType()

    def model_for(self, node: Node | None) -> type[BaseModel] | None:
        """The class that a value fills, None where none is known."""
        if self.slot is None:
            return self.model
        name = component_name(node, self.slot)
        return self.slot.registry.get(name) if name and name in self.slot.registry else None


RECIPE = FieldType(model=Recipe)
"""What a whole file takes."""


def field_type(annotation: Any, *metadata: Any) -> FieldType:
    """What a field with this annotation takes."""
    for item in metadata:
        if isinstance(item, Slot):
            return FieldType(slot=item)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return field_type(*arguments)
    if origin in (Union, types.UnionType):
        return next((found for found in map(field_type, arguments) if found != FieldType()), FieldType())
    if origin in (list, tuple) and arguments:
        return FieldType(items=field_type(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return FieldType(model=annotation)
    return FieldType()


def component_name(node: Node | None, slot: Slot) -> str | None:
    """The component that a value names, None where it names none."""
    if node is None:
        return None
    word = node.child("type") if isinstance(node.value, dict) else node
    value = word.value if word else None
    if isinstance(value, str):
        return value
    return slot.number if isinstance(value, int | float) and word is node else None


def along(root: Node, path: Path, first: FieldType = RECIPE) -> list[FieldType]:
    """What each value along a path takes, the whole first: a file, where nothing else is said."""
    steps, node = [first], root
    for part in path:
        steps.append(steps[-1].at(part, node))
        node = node.child(part) or Node(None, node.mark)
    return steps


def default_of(field: FieldInfo) -> Any:
    """A field's default as a recipe would say it, PydanticUndefined where it has none."""
    if field.is_required():
        return PydanticUndefined
    return as_data(field.get_default(call_default_factory=True, validated_data={}))


def as_data(value: Any) -> Any:
    """A value of a spec as a recipe would say it: components as mappings, tuples as lists."""
    if isinstance(value, Spec) and value.component:
        return dump(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [as_data(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_data(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
