"""Loads a recipe file into a `Recipe`, or reports all its errors at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence, ValuesView
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path as File
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from bvtk.component import Slot, Spec, parse
from bvtk.errors import Problem, RecipeError, UsageError
from bvtk.recipe.agreement import disagreements
from bvtk.recipe.composer import MAX_DEPTH, MAX_VALUES
from bvtk.recipe.extends import read_layers
from bvtk.recipe.fields import FieldType, component_name
from bvtk.recipe.marks import COMMAND_LINE, Mark, Node, Source, marked, refusal
from bvtk.recipe.overrides import apply_override_text
from bvtk.recipe.pydantic_errors import help_command, problems_of
from bvtk.recipe.scalars import INTEGERS
from bvtk.recipe.schema import Recipe
from bvtk.recipe.writing import origins_of


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe and its origins.

    Args:
        origins: where each value comes from, by dotted key: `recipes/x.yaml:12:5`, `<command line>` or `default`.
        text: the text of the file.
    """

    recipe: Recipe
    origins: Mapping[str, str]
    text: str
    path: File


def load_recipe(path: File | str, overrides: Sequence[str] = ()) -> LoadedRecipe:
    """Loads a recipe with the files that it extends, and applies overrides `a.b.c=value` in their order.

    Raises:
        RecipeError: with all errors, in the order of the file.
    """
    layers = read_layers(File(path))
    problems = list(layers.problems)
    if layers.root is None:
        raise RecipeError(sort_problems(problems, layers.files))
    root = layers.root
    for text in overrides:
        root, refused = apply_override_text(root, text)
        problems += refused
    recipe, found, hint = validate(root)
    problems += found
    if recipe is None or problems:
        raise RecipeError(sort_problems(problems, layers.files), hint)
    return LoadedRecipe(recipe, origins_of(recipe, root), layers.text, File(path))


def parse_recipe(mapping: Mapping[str, Any], name: str = "recipe") -> Recipe:
    """Validates a complete recipe given as data, such as the one in a run folder; errors call it `name`.

    Raises:
        RecipeError: with all errors, without places.
    """
    whole = Mark(Source(name))
    if _exceeds_bounds(mapping):
        limit = f"more than {MAX_DEPTH} levels of nesting, more than {MAX_VALUES} values, or an integer beyond 64 bits"
        raise refusal(whole, limit)
    recipe, problems, hint = validate(marked(mapping, whole))
    if recipe is None:
        raise RecipeError(tuple(problems), hint)
    return recipe


def _exceeds_bounds(data: Any) -> bool:
    """Whether data exceed the bounds of a recipe file. Checked without recursion."""
    layer, values = [data], 0
    for _ in range(MAX_DEPTH + 1):
        values += len(layer)
        if values > MAX_VALUES or any(isinstance(value, int) and value not in INTEGERS for value in layer):
            return True
        outer = [value.values() if isinstance(value, Mapping) else value for value in layer]
        layer = [inner for value in outer if isinstance(value, ValuesView | list | tuple) for inner in value]
    return bool(layer)


def parse_component(slot: Slot, value: Any) -> Any:
    """Validates a component given as a name, a mapping with `type`, or a spec.

    Raises:
        UsageError: with all errors in it.
    """
    try:
        data = value if isinstance(value, Spec) else json.loads(json.dumps(value, default=_as_data))
        return TypeAdapter(Annotated[Any, slot]).validate_python(data)
    except ValidationError as error:
        root, field_type = marked(data, Mark(Source(slot.registry.kind))), FieldType(slot=slot)
        name = component_name(root, slot)
        found = problems_of(error, root, field_type)
        messages = [p.message if p.key in ("", "type") else f"{name}.{p.text}" for p in found]
        raise UsageError("; ".join(messages), help_command(error, root, field_type)) from error


def _as_data(value: Any) -> Any:
    """Converts mappings and paths, which JSON lacks, to plain data."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, PathLike):
        return fspath(value)
    raise UsageError(f"{type(value).__name__} {value!r} can't appear in a recipe", "give plain data")


def validate(root: Node) -> tuple[Recipe | None, list[Problem], str]:
    """The recipe, or None if there are errors; the errors, unordered; and the command that helps with them."""
    try:
        recipe = parse(Recipe, root.plain())
    except ValidationError as error:
        return None, problems_of(error, root), help_command(error, root)
    disagreeing = list(disagreements(recipe, root))
    return (None if disagreeing else recipe), disagreeing, ""


def sort_problems(problems: Sequence[Problem], files: Sequence[str]) -> tuple[Problem, ...]:
    """Sorts problems by file, line and column; those of overrides come last."""
    rank = {name: number for number, name in enumerate([*files, COMMAND_LINE])}
    return tuple(sorted(problems, key=lambda p: (rank.get(p.file, len(rank)), p.line, p.column)))
