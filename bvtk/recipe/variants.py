"""The variants that a recipe's `sweep` asks for: cells × grid × seeds, each a complete recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path as File
from typing import Any

from bvtk.errors import Problem, RecipeError, printable
from bvtk.recipe.agreement import IN_A_CELL
from bvtk.recipe.extends import Layers, read_layers
from bvtk.recipe.fields import RECIPE
from bvtk.recipe.load import LoadedRecipe, in_order, load_recipe, validated
from bvtk.recipe.marks import Node, problem
from bvtk.recipe.overrides import Override, lay, read_override
from bvtk.recipe.schema import Recipe
from bvtk.recipe.sweep_nodes import SweepNodes, places, without_sweep
from bvtk.recipe.sweep_schema import SweepCell
from bvtk.recipe.writing import flow

MOST_VARIANTS = 100_000
"""The most variants that one recipe may have."""


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
        overrides: those below `sweep` change the sweep itself, all others are laid over each variant; those of
            `training` and `objective` over each whose model learns by steps.

    Raises:
        RecipeError: with everything that is wrong in the recipe or in any variant.
    """
    loaded, hint = None, ""
    problems: tuple[Problem, ...] = ()
    try:
        loaded = load_recipe(path, _of_the_recipe(File(path), overrides))
    except RecipeError as error:
        problems, hint = error.problems, error.hint
    unfolding = _Unfolding(read_layers(File(path)), overrides, problems)
    variants = tuple(unfolding.variants())
    if variants and not unfolding.problems:
        unfolding.finish()
    if loaded is None or unfolding.problems:
        raise RecipeError(in_order(list(unfolding.problems), unfolding.files), hint)
    return LoadedSweep(loaded, variants)


def _of_the_recipe(path: File, overrides: Sequence[str]) -> list[str]:
    """The overrides that the recipe of a sweep itself takes: all, unless its model learns in no steps."""
    root = read_layers(path).root
    read = {text: override for text in overrides if (override := read_override(text)[0])}
    for override in read.values():
        root, _ = lay(root, override) if root else (root, ())
    if root is None or SweepNodes.of(root) is None or _learns_by_steps(root):
        return list(overrides)
    return [text for text in overrides if text not in read or not _is_of_learning(read[text])]


def _is_of_learning(override: Override) -> bool:
    return override.path[0] in ("training", "objective")


def _learns_by_steps(root: Node) -> bool:
    model = RECIPE.at("model", root).model_for(root.child("model"))
    return getattr(model, "learns", "steps") == "steps"


def _in_a_cell(found: Problem, where: str) -> Problem:
    """What is wrong with the recipe only because of what a cell lays over it."""
    return replace(found, message=found.message + where, hint=IN_A_CELL.get(found.hint, found.hint))


class _Unfolding:
    """Lays what a sweep says over its recipe, and gathers what is wrong on the way, each thing once."""

    def __init__(self, layers: Layers, overrides: Sequence[str], problems: Sequence[Problem]) -> None:
        self.problems = dict.fromkeys(problems)
        self.files = list(layers.files)
        self._known = set(problems)
        read = [override for text in overrides if (override := read_override(text)[0])]
        self._last = [override for override in read if override.path[0] != "sweep"]
        self._root = layers.root
        for override in read:
            if self._root and override.path[0] == "sweep":
                self._root, _ = lay(self._root, override)
        self._unused = {override.key: override for override in self._last if _is_of_learning(override)}
        self._bases: dict[str, Node | None] = {}

    def finish(self) -> None:
        """Tells which overrides no variant took."""
        for override in self._unused.values():
            message = "changes no cell: no model of this sweep learns by steps"
            self._tell(problem(override.value.key or override.value.mark, override.path, message, "leave it out"))

    def variants(self) -> Iterator[Variant]:
        """Every variant that is whole."""
        sweep = SweepNodes.of(self._root)
        if sweep is None or self._too_many(sweep):
            return
        self._tell_of_two_seeds(sweep)
        grid, refused = sweep.grid()
        self._tell(*refused)
        for number, cell in enumerate(sweep.cells):
            own, refused = sweep.overrides(number)
            self._tell(*refused)
            base = self._another(sweep, number) if cell.recipe else without_sweep(self._root)
            if base:
                for values in product(*grid):
                    yield from self._seeded(base, [*own, *values], cell, sweep.seeds(cell))

    def _too_many(self, sweep: SweepNodes) -> bool:
        if sweep.count > MOST_VARIANTS:
            message = f"asks for {sweep.count:,} cells, {MOST_VARIANTS:,} is the most"
            self._tell(problem(sweep.node.key or sweep.node.mark, ("sweep",), message, "make several sweeps of it"))
        return sweep.count > MOST_VARIANTS

    def _tell_of_two_seeds(self, sweep: SweepNodes) -> None:
        seed = next((override for override in self._last if override.key == "seed"), None)
        if seed and sweep.seeds_on_the_command_line:
            mark = seed.value.key or seed.value.mark
            message = "one seed for all cells, and `seeds` for the sweep: which is meant?"
            self._tell(problem(mark, seed.path, message, "leave one of the two out"))

    def _another(self, sweep: SweepNodes, number: int) -> Node | None:
        """The recipe that a cell starts from instead, read once."""
        name, mark = sweep.base_of(number)
        if name in self._bases:
            return self._bases[name]
        self._bases[name] = None
        try:
            layers = read_layers(File(name))
        except RecipeError as error:
            (found,) = error.problems
            where = ("sweep", "cells", number, "recipe")
            self._tell(found if found.line else problem(mark, where, f"{name}: {found.message}", found.hint))
            return None
        self.files += [file for file in layers.files if file not in self.files]
        self._tell(*layers.problems)
        self._bases[name] = without_sweep(layers.root)
        return self._bases[name]

    def _seeded(self, base: Node, laid: Sequence[Override], cell: SweepCell, seeds: Sequence[int]) -> Iterator[Variant]:
        settings = self._settings(laid, cell)
        recipe = self._recipe(base, laid, settings)
        if recipe:
            given = any(override.key == "seed" for override in self._last)
            for seed in (not given and seeds) or (recipe.seed,):
                yield Variant(recipe.model_copy(update={"seed": seed}), settings)

    def _settings(self, laid: Sequence[Override], cell: SweepCell) -> dict[str, Any]:
        overridden = {override.key for override in self._last}
        settings = {override.key: override.value.plain() for override in laid if override.key not in overridden}
        return {"recipe": cell.recipe} | settings if cell.recipe else settings

    def _recipe(self, base: Node, laid: Sequence[Override], settings: Mapping[str, Any]) -> Recipe | None:
        problems: list[Problem] = []
        for override in laid:
            base, refused = lay(base, override)
            problems += refused
        base, wrong_of_all = self._commanded(base)
        problems += wrong_of_all
        recipe, wrong, _ = validated(base)
        new = [fault for fault in (*problems, *wrong) if fault not in self._known]
        if new:
            self._known.update(new)
            own = {place for override in laid for place in places(override.value)}
            label = ", ".join(f"{key}={flow(value)}" for key, value in settings.items())
            where = f", in the cell {printable(label)}" if label else ""
            self._tell(*(f if f.place in own else _in_a_cell(f, where) for f in new))
        return None if problems else recipe

    def _commanded(self, root: Node) -> tuple[Node, list[Problem]]:
        """A cell with what the command line says of all cells, but for how to train a model that takes no steps."""
        problems: list[Problem] = []
        for override in sorted(self._last, key=_is_of_learning):  # the model first, which decides on the rest
            if _is_of_learning(override) and not _learns_by_steps(root):
                continue
            self._unused.pop(override.key, None)
            root, refused = lay(root, override)
            problems += refused
        return root, problems

    def _tell(self, *problems: Problem) -> None:
        self.problems |= dict.fromkeys(problems)
