"""The types of a recipe's fields, and the class that validates each value."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bvtk.component import Slot, Spec, dump
from bvtk.recipe.marks import Mark, Node, Path, marked
from bvtk.recipe.schema import Recipe


@dataclass(frozen=True)
class FieldType:
    """The type of a field that takes a component, a mapping with fixed keys, or a list; all None for other fields."""

    slot: Slot | None = None
    model: type[BaseModel] | None = None
    items: FieldType | None = None

    def at(self, part: str | int, node: Node | None) -> FieldType:
        """The type of the value at a key or list position of `node`."""
        if isinstance(part, int):
            return self.items or FieldType()
        model = self.model_for(node)
        field = model.model_fields.get(part) if model else None
        return field_type(field.annotation, *field.metadata) if field else FieldType()

    def model_for(self, node: Node | None) -> type[BaseModel] | None:
        """The class that validates a value; None if it is unknown."""
        if self.slot is None:
            return self.model
        name = component_name(node, self.slot)
        return self.slot.registry.get(name) if name and name in self.slot.registry else None


RECIPE = FieldType(model=Recipe)
"""The type of a whole recipe."""


def field_type(annotation: Any, *metadata: Any) -> FieldType:
    """The type of a field with this annotation."""
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
    """The name of the component in a value; None if there is none."""
    if node is None:
        return None
    word = node.child("type") if isinstance(node.value, dict) else node
    value = word.value if word else None
    if isinstance(value, str):
        return value
    return slot.number if isinstance(value, int | float) and word is node else None


def types_along(root: Node, path: Path, first: FieldType = RECIPE) -> list[FieldType]:
    """The types of the values along a path, starting with that of the root."""
    found, node = [first], root
    for part in path:
        found.append(found[-1].at(part, node))
        node = node.child(part) or Node(None, node.mark)
    return found


def default_of(field: FieldInfo) -> Any:
    """The default of a field as in a recipe; PydanticUndefined if it has none."""
    if field.is_required():
        return PydanticUndefined
    return as_data(field.get_default(call_default_factory=True, validated_data={}))


def default_node(field: FieldInfo | None, mark: Mark) -> Node | None:
    """The default of a field as a node at a place; None if it is null, or there is none."""
    default = default_of(field) if field else None
    return None if default is None or default is PydanticUndefined else marked(default, mark)


def as_data(value: Any) -> Any:
    """A value of a spec as in a recipe: components as mappings, tuples as lists."""
    if isinstance(value, Spec) and value.component:
        return dump(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [as_data(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_data(item) for key, item in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
