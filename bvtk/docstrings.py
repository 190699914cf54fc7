"""Docstrings of fields, read from the source of a class when they are first needed.

Pydantic's `use_attribute_docstrings` reads them for every class at import. That adds a third to the time that
discovering the components takes, and most commands never show them (docs/decisions/0009).
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
    """Makes the docstring below each field its description, for inherited fields too.

    The JSON Schema of the class then contains them. A description given with `Field` stays. Classes of nested fields
    are handled first, because rebuilding a class copies their schemas.
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
    """The Pydantic models in an annotation, at any depth."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    try:
        source = textwrap.dedent(inspect.getsource(model))
    except (OSError, TypeError):  # a class defined in an interactive session has no source
        return {}
    (definition,) = ast.parse(source).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }
