"""The rows of a comparison: which runs belong together, and the label of each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bvtk.comparison.contents.keys import Key, Measured, canonical, find_key, leaves, text_of
from bvtk.quantities import is_number

Setting = tuple[str, ...]
"""The path of a recipe's key."""

_IGNORED = ("seed", "sweep", "extends")
"""Keys in which the runs of one row may differ."""


@dataclass(frozen=True)
class Row:
    """Runs that differ only in their seed, or that agree in the keys that the user groups by.

    Args:
        label: unique among the rows.
        name: of the recipes; empty if runs are grouped by other keys.
        settings: the value of every key that rows differ in, by its dotted key.
        runs: at least one.
    """

    label: str
    name: str
    settings: Mapping[str, Any]
    runs: tuple[Measured, ...]


def rows_of(runs: Sequence[Measured], by: Sequence[str] = ()) -> list[Row]:
    """Groups runs by keys; without any, runs that differ only in their seed are one row.

    Rows are in the order in which their names first appear, those with the same name by their settings.

    Raises:
        UsageError: if no run has one of the keys.
    """
    return _by_keys(runs, [find_key(text, runs) for text in by]) if by else _by_recipe(runs)


def _by_keys(runs: Sequence[Measured], keys: Sequence[Key]) -> list[Row]:
    others = [key for key in keys if key.text != "name"]
    shorts = shortened([tuple(key.text.split(".")) for key in others])
    by_name = len(others) < len(keys)
    rows = []
    for group in _grouped(runs, lambda run: canonical([key.of(run) for key in keys])):
        settings = {key.text: key.of(group[0]) for key in others}
        pairs = [f"{name}={text_of(value)}" for name, value in zip(shorts.values(), settings.values(), strict=True)]
        name = group[0].name if by_name else ""
        rows.append(Row(_label(name, pairs), name, settings, tuple(group)))
    return _ordered(rows)


def _by_recipe(runs: Sequence[Measured]) -> list[Row]:
    groups = {id(group[0]): group for group in _grouped(runs, lambda run: canonical(_identity(run)))}
    rows = []
    for same_name in _grouped([group[0] for group in groups.values()], lambda run: run.name):
        differing = differing_settings(same_name)
        shorts = shortened(differing)
        for run in same_name:
            own = dict(leaves(_identity(run)))
            settings = {path: own.get(path) for path in differing}
            pairs = [f"{shorts[path]}={text_of(value)}" for path, value in settings.items() if path in own]
            named = {".".join(path): value for path, value in settings.items()}
            rows.append(Row(_label(run.name, pairs), run.name, named, tuple(groups[id(run)])))
    return _ordered(rows)


def differing_settings(runs: Sequence[Measured]) -> list[Setting]:
    """The settings in which runs differ, in the order of their recipes.

    If the type of a component differs, settings that only one of the types has are left out.
    """
    recipes = [dict(leaves(_identity(run))) for run in runs]
    everywhere = dict.fromkeys(path for recipe in recipes for path in recipe)
    values = {path: {canonical(recipe[path]) if path in recipe else None for recipe in recipes} for path in everywhere}
    differing = [path for path in everywhere if len(values[path]) > 1]
    types = {path[:-1] for path in differing if path[-1] == "type"}
    shared = [path for path in differing if all(path in recipe for recipe in recipes)]
    return [path for path in differing if path in shared or not any(_under(path, above) for above in types)]


def shortened(paths: Sequence[Setting]) -> dict[Setting, str]:
    """The shortest unique end of each path.

    The `type` of a component and the `end` of a schedule have its name: `objective.beta.end` is `beta`.
    """
    above = [path[:-1] for path in paths if len(path) > 1]
    plain = {p: p[:-1] if p[-1] in ("type", "end") and above.count(p[:-1]) == 1 and len(p) > 1 else p for p in paths}
    found = {}
    for path, steps in plain.items():
        others = [other for where, other in plain.items() if where != path]
        length = next((n for n in range(1, len(steps)) if all(o[-n:] != steps[-n:] for o in others)), len(steps))
        found[path] = ".".join(steps[-length:])
    return found


def _label(name: str, pairs: Sequence[str]) -> str:
    settings = ", ".join(pairs)
    return f"{name} ({settings})" if name and settings else name or settings


def _identity(run: Measured) -> dict[str, Any]:
    return {key: value for key, value in run.recipe.items() if key not in _IGNORED}


def _under(path: Setting, above: Setting) -> bool:
    return path[: len(above)] == above and path != (*above, "type")


def _grouped(runs: Iterable[Measured], key: Any) -> Iterable[list[Measured]]:
    groups: dict[str, list[Measured]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return groups.values()


def _ordered(rows: list[Row]) -> list[Row]:
    names = list(dict.fromkeys(row.name for row in rows))
    return sorted(rows, key=lambda row: (names.index(row.name), [_rank(value) for value in row.settings.values()]))


def _rank(value: Any) -> tuple[int, float, str]:
    """Numbers by size, then words in their order, then rows without a value."""
    if is_number(value):
        return (0, float(value), "")
    return (1, 0.0, "") if value is not None else (2, 0.0, "")
