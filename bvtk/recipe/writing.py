"""Complete recipes as data: their hash, their text as YAML, and the origin of each value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bvtk.recipe.marks import DEFAULT, Node, Path, dotted
from bvtk.recipe.scalars import write
from bvtk.recipe.schema import Recipe

_ADDED_KEYS: dict[str, Any] = {"sampler": None, "decay_biases": True}
"""Keys that the first version lacked, with their defaults. These do not enter the hash, so that old runs are found."""


def resolved(recipe: Recipe) -> dict[str, Any]:
    """A recipe as a complete mapping, with every default written out."""
    return recipe.model_dump(mode="json")


def recipe_hash(recipe: Recipe, plugin_versions: Iterable[str] = ()) -> str:
    """Ten hexadecimal digits that name the run of a recipe and its plugins; see `recipe_sha256` for its identity.

    Args:
        plugin_versions: the version, or the sha256 of the file, of each plugin that it uses.
    """
    return _sha256_of(resolved(recipe), plugin_versions)[:10]


def recipe_sha256(recipe: Recipe | dict[str, Any]) -> str:
    """The SHA-256 of a complete recipe or its data, the seed included."""
    return _sha256_of(resolved(recipe) if isinstance(recipe, Recipe) else recipe, ())


def _sha256_of(data: dict[str, Any], plugin_versions: Iterable[str]) -> str:
    whole = {"recipe": _without_added_defaults(data), "plugins": sorted(plugin_versions)}
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _without_added_defaults(data: Any) -> Any:
    if isinstance(data, list):
        return [_without_added_defaults(item) for item in data]
    if not isinstance(data, dict):
        return data
    absent = object()
    return {k: _without_added_defaults(v) for k, v in data.items() if _ADDED_KEYS.get(k, absent) is not v}


def dump_yaml(recipe: Recipe) -> str:
    """The recipe as the text of a file that reads back as the same recipe."""
    return "".join(f"{text}\n" for text, _ in lines(resolved(recipe)))


def lines(data: dict[str, Any], path: Path = (), indent: str = "") -> Iterator[tuple[str, Path | None]]:
    """The lines of a mapping as YAML, each with the path of its value; None for lines without one."""
    for key, value in data.items():
        here, label = (*path, key), f"{indent}{write(str(key))}:"
        if isinstance(value, dict) and value:
            yield label, None
            yield from lines(value, here, indent + "  ")
        elif _has_mappings(value):
            yield label, None
            for number, item in enumerate(value):
                yield from _item_lines(item, (*here, number), indent + "  ")
        else:
            yield f"{label} {flow(value)}", here


def _item_lines(item: Any, path: Path, indent: str) -> Iterator[tuple[str, Path | None]]:
    if not (isinstance(item, dict) and item):
        yield f"{indent}- {flow(item)}", path
        return
    for number, (text, where) in enumerate(lines(item, path, indent + "  ")):
        yield (text if number else f"{indent}- {text[len(indent) + 2 :]}"), where


def _has_mappings(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{write(str(key))}: {flow(item)}" for key, item in value.items()) + "}"
    return write(value)


def short(value: Any) -> str:
    """A value on one line: a component without settings as a word, a constant schedule as a number."""
    value = without_constant(value)
    return flow(value["type"] if isinstance(value, dict) and value.keys() == {"type"} else value)


def without_constant(value: Any) -> Any:
    """The number of a constant schedule; any other value as it is."""
    constant = isinstance(value, Mapping) and value.get("type") == "constant" and value.keys() == {"type", "value"}
    return value["value"] if constant else value


def origins_of(recipe: Recipe, root: Node) -> dict[str, str]:
    """The origin of each value by dotted key: its place in the data, `<command line>` or `default`."""
    return {dotted(path): _origin(root, path) for _, path in lines(resolved(recipe)) if path}


def _origin(root: Node, path: Path) -> str:
    nodes = root.descend(path)
    given = len(nodes) - 1 == len(path)
    is_shorthand = not isinstance(nodes[-1].value, dict | list) and path[len(nodes) - 1 :] in (("type",), ("value",))
    return str(nodes[-1].mark) if given or is_shorthand else DEFAULT
