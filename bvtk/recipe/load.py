"""A recipe's file becomes a Recipe, or everything that is wrong in it at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path as File
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from bvtk.component import Slot, Spec, parse
from bvtk.errors import Problem, RecipeError, UsageError
from bvtk.recipe.agreement import disagreements
from bvtk.recipe.composer import MOST_NESTED, MOST_VALUES
from bvtk.recipe.extends import read_layers
from bvtk.recipe.fields import FieldType, component_name
from bvtk.recipe.marks import COMMAND_LINE, Mark, Node, Source, marked, problem
from bvtk.recipe.origins import origins_of
from bvtk.recipe.overrides import apply_override
from bvtk.recipe.pydantic_errors import help_command, problems_of
from bvtk.recipe.scalars import INTEGERS
from bvtk.recipe.schema import Recipe


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe, and how it came about.

    Args:
        recipe: complete, with every default.
        origins: where each value came from by its dotted key: `recipes/x.yaml:12:5`, `<command line>` or `default`.
        text: the file as given.
        path: the file.
    """

    recipe: Recipe
    origins: Mapping[str, str]
    text: str
    path: File


def load_recipe(path: File | str, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Reads a recipe, the ones that it extends, and overrides.

    Args:
        path: the file; errors call it as it is given here.
        overrides: `a.b.c=value`, laid over it in their order.

    Raises:
        RecipeError: with everything that is wrong, in the order of the file.
    """
    layers = read_layers(File(path))
    problems = list(layers.problems)
    if layers.root is None:
        raise RecipeError(in_order(problems, layers.files))
    root = layers.root
    for text in overrides:
        root, refused = apply_override(root, text)
        problems += refused
    recipe, found, hint = validated(root)
    problems += found
    if recipe is None or problems:
        raise RecipeError(in_order(problems, layers.files), hint)
    return LoadedRecipe(recipe, origins_of(recipe, root), layers.text, File(path))


def parse_recipe(mapping: Mapping[str, Any], name: str = "recipe") -> Recipe:
    """A recipe from data, as run folders and exports hold it.

    Args:
        mapping: a complete recipe.
        name: what errors call it.

    Raises:
        RecipeError: with everything that is wrong, without places.
    """
    whole = Mark(Source(name))
    if _exceeds(mapping):
        limit = f"nested more than {MOST_NESTED} deep, more than {MOST_VALUES} values, or an integer past 64 bits"
        raise RecipeError((problem(whole, (), limit),))
    recipe, problems, hint = validated(marked(mapping, whole))
    if recipe is None:
        raise RecipeError(tuple(problems), hint)
    return recipe


def _exceeds(data: Any) -> bool:
    """Whether data are beyond what a file may hold, told without recursion."""
    layer, values = [data], 0
    for _ in range(MOST_NESTED + 1):
        values += len(layer)
        if values > MOST_VALUES or any(isinstance(value, int) and value not in INTEGERS for value in layer):
            return True
        layer = [inner for outer in layer for inner in _inside(outer)]
    return bool(layer)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def parse_component(slot: Slot, value: Any) -> Any:
    """A component from what a recipe would say where it takes one.

    Args:
        slot: which kind, and what may stand for it.
        value: a name, a mapping with `type`, or a built spec.

    Raises:
        UsageError: with everything that is wrong in it.
    """
    try:
        said = value if isinstance(value, Spec) else json.loads(json.dumps(value, default=_as_said))
        return TypeAdapter(Annotated[Any, slot]).validate_python(said)
    except ValidationError as error:
        root, takes = marked(said, Mark(Source(slot.registry.kind))), FieldType(slot=slot)
        found = problems_of(error, root, takes)
        name = component_name(root, slot)
        words = [p.message if p.key in ("", "type") else f"{name}.{p.text}" for p in found]
        raise UsageError("; ".join(words), help_command(error, root, takes)) from error


def _as_said(value: Any) -> Any:
    """What a recipe would say for a Python value that is no plain data."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, PathLike):
        return fspath(value)
    raise UsageError(f"{type(value).__name__} {value!r} is nothing that a recipe could say", "give plain data")


def validated(root: Node) -> tuple[Recipe | None, list[Problem], str]:
    """A recipe from its data.

    Returns:
        The recipe, None where something is wrong; what is wrong, in no order; and the command that tells more.
    """
    try:
        recipe = parse(Recipe, root.plain())
    except ValidationError as error:
        return None, problems_of(error, root), help_command(error, root)
    disagreeing = list(disagreements(recipe, root))
    return (None if disagreeing else recipe), disagreeing, ""


def in_order(problems: Sequence[Problem], files: Sequence[str]) -> tuple[Problem, ...]:
    """Problems by file, line and column; those of overrides last."""
    order = {name: number for number, name in enumerate([*files, COMMAND_LINE])}
    return tuple(sorted(problems, key=lambda p: (order.get(p.file, len(order)), p.line, p.column)))
