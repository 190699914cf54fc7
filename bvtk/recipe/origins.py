"""The origin of each value of a complete recipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bvtk.recipe.marks import DEFAULT, Node, Path, dotted
from bvtk.recipe.schema import Recipe


def resolved(recipe: Recipe) -> dict[str, Any]:
    """A recipe as a complete mapping, with every default written out."""
    return recipe.model_dump(mode="json")


def origins_of(recipe: Recipe, root: Node) -> dict[str, str]:
    """The origin of each value by dotted key: its place in the data, `<command line>` or `default`."""
    return {dotted(path): _origin(root, path) for path, _ in leaves(resolved(recipe))}


def leaves(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that is written on a line of its own: scalars, lists of scalars, and empty collections."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
    elif isinstance(data, list) and any(isinstance(item, dict) for item in data):
        for number, item in enumerate(data):
            yield from leaves(item, (*path, number))
    else:
        yield path, data


def _origin(root: Node, path: Path) -> str:
    nodes = root.descend(path)
    given = len(nodes) - 1 == len(path)
    is_shorthand = not isinstance(nodes[-1].value, dict | list) and path[len(nodes) - 1 :] in (("type",), ("value",))
    return str(nodes[-1].mark) if given or is_shorthand else DEFAULT
