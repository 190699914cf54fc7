"""The texts below fields, read from a class's source when somebody asks for them.

Pydantic reads them when a class is made, which took a third of the time in which `bvtk ls` answers.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, get_args

from pydantic import BaseModel


@cache
def describe_fields(model: type[BaseModel]) -> None:
    """Gives every field of a class, inherited ones too, the docstring below it as its description.

    JSON Schema made of the class from then on has them. A description given by `Field` stays. Classes that its fields
    take come first: what is built of a class holds what was built of these.
    """
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            if inner is not model:
                describe_fields(inner)
    texts: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            texts |= _docstrings(base)
    for name, field in model.model_fields.items():
        field.description = field.description or texts.get(name)
    model.model_rebuild(force=True)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The classes of Pydantic that an annotation names, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(model))
    except (OSError, TypeError):  # a class typed into a Python session has none
        return {}
    (definition,) = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
