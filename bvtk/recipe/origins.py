"""Where each value of a complete recipe came from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bvtk.recipe.marks import DEFAULT, Node, Path, dotted
from bvtk.recipe.schema import Recipe


def resolved(recipe: Recipe) -> dict[str, Any]:
    """The complete mapping that a file would say to get this recipe, every default written out."""
    return recipe.model_dump(mode="json")


def origins_of(recipe: Recipe, root: Node) -> dict[str, str]:
    """By the dotted key of each value: its place, `<command line>` or `default`.

    Args:
        recipe: the complete recipe.
        root: the data that it was read from.
    """
    return {dotted(path): _origin(root, path) for path, _ in leaves(resolved(recipe))}


def leaves(data: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value that stands on a line of its own: scalars, lists of scalars, and what is empty."""
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
    said = len(nodes) - 1 == len(path)
    stands_for_more = not isinstance(nodes[-1].value, dict | list) and path[len(nodes) - 1 :] in (("type",), ("value",))
    return str(nodes[-1].mark) if said or stands_for_more else DEFAULT
