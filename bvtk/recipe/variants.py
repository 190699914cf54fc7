"""The variants that a recipe's `sweep` asks for: cells × grid × seeds, each a complete recipe."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from bvtk.component import parse
from bvtk.errors import Problem, RecipeError
from bvtk.recipe.extends import Layers, read_layers
from bvtk.recipe.load import LoadedRecipe, in_order, load_recipe, validated
from bvtk.recipe.marks import Mark, Node, Path, printable, problem
from bvtk.recipe.overrides import Override, lay, read_override
from bvtk.recipe.schema import Recipe
from bvtk.recipe.sweep_schema import Seeds, Sweep, SweepCell
from bvtk.recipe.writing import flow

MOST_VARIANTS = 100_000
"""The most variants that one recipe may have."""

_NOT_VARIED = {
    "extends": ("can't be overridden", "`recipe` starts a cell from another recipe"),
    "sweep": ("a cell has no sweep of its own", "leave it out"),
    "seed": ("is not varied like other keys", "write `seeds`"),
}


@dataclass(frozen=True)
class Variant:
    """One recipe of a sweep.

    Args:
        recipe: complete, its seed included.
        settings: what was laid over the sweep's recipe, by dotted key; `recipe` where it starts from another file.
    """

    recipe: Recipe
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class LoadedSweep:
    """A recipe with its variants.

    Args:
        loaded: the recipe itself; its `sweep` is None where it has no variants.
        variants: in the order of cells, grid and seeds; two of them may be the same recipe.
    """

    loaded: LoadedRecipe
    variants: tuple[Variant, ...]


def load_sweep(path: File | str, overrides: Sequence[str] = ()) -> LoadedSweep:
    """Reads a recipe and all variants of it.

    Args:
        path: the file.
        overrides: those below `sweep` change the sweep itself, all others are laid over each variant.

    Raises:
        RecipeError: with everything that is wrong in the recipe or in any variant.
    """
    loaded, hint = None, ""
    problems: tuple[Problem, ...] = ()
    try:
        loaded = load_recipe(path, overrides)
    except RecipeError as error:
        problems, hint = error.problems, error.hint
    unfolding = _Unfolding(read_layers(File(path)), overrides, problems)
    variants = tuple(unfolding.variants())
    if loaded is None or unfolding.problems:
        raise RecipeError(in_order(list(unfolding.problems), unfolding.files), hint)
    return LoadedSweep(loaded, variants)


class _Unfolding:
    """Lays what a sweep says over its recipe, and gathers what is wrong on the way, each thing once."""

    def __init__(self, layers: Layers, overrides: Sequence[str], problems: Sequence[Problem]) -> None:
        read = [override for text in overrides if (override := read_override(text)[0])]
        self.problems = dict.fromkeys(problems)
        self.files = list(layers.files)
        self._last = [override for override in read if override.path[0] != "sweep"]
        self._root = layers.root
        for override in read:
            if self._root and override.path[0] == "sweep":
                self._root, _ = lay(self._root, override)
        self._bases: dict[str, Node | None] = {}

    def variants(self) -> Iterator[Variant]:
        node = self._root.child("sweep") if self._root else None
        sweep = _sweep_of(node)
        if node is None or sweep is None or self._too_many(node, sweep):
            return
        grid = self._grid(node.child("grid"), sweep)
        for number, cell in enumerate(sweep.cells or (SweepCell(),)):
            said = node.descend(("cells", number))[-1] if sweep.cells else Node({}, node.mark)
            base = self._base(said.child("recipe"), number) if cell.recipe else _without_sweep(self._root)
            own = list(self._overrides(said, ("sweep", "cells", number)))
            for values in product(*grid):
                if recipe := self._recipe(base, laid := [*own, *values], cell.recipe):
                    yield from self._seeded(recipe, cell.seeds or sweep.seeds, self._settings(laid, cell.recipe))

    def _too_many(self, node: Node, sweep: Sweep) -> bool:
        seeds = sum(len(_seeds(cell.seeds or sweep.seeds) or (0,)) for cell in sweep.cells or (SweepCell(),))
        count = seeds * prod(len(values) for values in sweep.grid.values())
        if count > MOST_VARIANTS:
            message = f"asks for {count:,} cells, {MOST_VARIANTS:,} is the most"
            self._tell(problem(node.key or node.mark, ("sweep",), message, "make several sweeps of it"))
        return count > MOST_VARIANTS

    def _grid(self, node: Node | None, sweep: Sweep) -> list[list[Override]]:
        keys = node.value if node and isinstance(node.value, dict) else {}
        axes = []
        for key in sweep.grid:
            values = keys[key].value
            items = values if isinstance(values, list) else []
            found = [self._override(key, item.under(keys[key].key), ("sweep", "grid")) for item in items]
            axes.append([override for override in found if override])
        return axes

    def _overrides(self, cell: Node, above: Path) -> Iterator[Override]:
        entries = cell.value if isinstance(cell.value, dict) else {}
        for key, value in entries.items():
            if key not in SweepCell.model_fields and (override := self._override(key, value, above)):
                yield override

    def _override(self, key: str, value: Node, above: Path) -> Override | None:
        parts = tuple(key.split("."))
        refusal = _NOT_VARIED.get(parts[0])
        if not all(parts):
            refusal = ("is no key of a recipe", "write a dotted key, such as objective.beta")
        if refusal:
            self._tell(problem(value.key or value.mark, (*above, key), *refusal))
        return None if refusal else Override(parts, value)

    def _base(self, named: Node | None, cell: int) -> Node | None:
        """Another recipe to start from, read once."""
        if named is None:
            return None
        name = os.path.normpath(File(named.mark.source.name).parent / str(named.value))
        if name not in self._bases:
            self._bases[name] = None
            try:
                layers = read_layers(File(name))
            except RecipeError as error:
                (found,) = error.problems
                where = ("sweep", "cells", cell, "recipe")
                told = problem(named.mark, where, f"{name}: {found.message}", found.hint)
                self._tell(found if found.line else told)
                return None
            self.files += [file for file in layers.files if file not in self.files]
            self._tell(*layers.problems)
            self._bases[name] = _without_sweep(layers.root)
        return self._bases[name]

    def _recipe(self, base: Node | None, laid: Sequence[Override], another: str | None) -> Recipe | None:
        if base is None:
            return None
        found: list[Problem] = []
        for override in (*laid, *self._last):
            base, refused = lay(base, override)
            found += refused
        recipe, wrong, _ = validated(base)
        own = {(mark.source.name, mark.line, mark.column) for override in laid for mark in _marks(override.value)}
        label = ", ".join(f"{key}={flow(value)}" for key, value in self._settings(laid, another).items())
        for fault in (*found, *wrong):
            if fault not in self.problems:
                clear = not label or (fault.file, fault.line, fault.column) in own
                self._tell(
                    fault if clear else replace(fault, message=f"{fault.message}, in the cell {printable(label)}")
                )
        return None if found else recipe

    def _settings(self, laid: Iterable[Override], another: str | None) -> dict[str, Any]:
        overridden = {override.key for override in self._last}
        settings = {override.key: override.value.plain() for override in laid if override.key not in overridden}
        return {"recipe": another} | settings if another else settings

    def _seeded(self, recipe: Recipe, seeds: Seeds | None, settings: Mapping[str, Any]) -> Iterator[Variant]:
        given = any(override.key == "seed" for override in self._last)
        for seed in (None if given else _seeds(seeds)) or (recipe.seed,):
            yield Variant(recipe.model_copy(update={"seed": seed}), settings)

    def _tell(self, *problems: Problem) -> None:
        self.problems |= dict.fromkeys(problems)


def _sweep_of(node: Node | None) -> Sweep | None:
    """The sweep, None where its form is wrong, which the recipe's own errors tell."""
    if node is None or not isinstance(node.value, dict) or node.broken:
        return None
    try:
        return parse(Sweep, node.plain())
    except ValidationError:
        return None


def _without_sweep(root: Node | None) -> Node | None:
    if root is None or not isinstance(root.value, dict):
        return None
    return replace(root, value={key: node for key, node in root.value.items() if key != "sweep"})


def _seeds(seeds: Seeds | None) -> Sequence[int]:
    return range(seeds) if isinstance(seeds, int) else seeds or ()


def _marks(node: Node) -> Iterator[Mark]:
    """Every place inside a value."""
    below = node.value.values() if isinstance(node.value, dict) else node.value if isinstance(node.value, list) else ()
    yield from (node.mark, *((node.key,) if node.key else ()))
    for child in below:
        yield from _marks(child)
