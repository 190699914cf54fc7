"""Expands a recipe's `sweep` into variants: cells × grid × seeds, each a complete recipe."""

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
from bvtk.recipe.load import LoadedRecipe, load_recipe, sort_problems, validate
from bvtk.recipe.marks import Node, problem
from bvtk.recipe.overrides import Override, apply_override, parse_override
from bvtk.recipe.schema import Recipe
from bvtk.recipe.sweep_nodes import SweepNodes, places, without_sweep
from bvtk.recipe.sweep_schema import SweepCell
from bvtk.recipe.writing import flow

MAX_VARIANTS = 100_000
"""The most variants of one recipe."""


@dataclass(frozen=True)
class Variant:
    """One complete recipe of a sweep, and its overrides by dotted key, with `recipe` if it starts from another file."""

    recipe: Recipe
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class LoadedSweep:
    """A recipe with its variants in the order of cell, grid and seed; two of them may be the same recipe."""

    loaded: LoadedRecipe
    variants: tuple[Variant, ...]


def load_sweep(path: File | str, overrides: Sequence[str] = ()) -> LoadedSweep:
    """Loads a recipe and all its variants.

    Args:
        overrides: those of `sweep` change the sweep itself, all others apply to each variant; those of `training` and
            `objective` only to variants whose model learns by steps.

    Raises:
        RecipeError: with all errors in the recipe and its variants.
    """
    loaded, hint = None, ""
    problems: tuple[Problem, ...] = ()
    try:
        loaded = load_recipe(path, _overrides_of_recipe(File(path), overrides))
    except RecipeError as error:
        problems, hint = error.problems, error.hint
    expansion = _Expansion(read_layers(File(path)), overrides, problems)
    variants = tuple(expansion.variants())
    if variants and not expansion.problems:
        expansion.finish()
    if loaded is None or expansion.problems:
        raise RecipeError(sort_problems(list(expansion.problems), expansion.files), hint)
    return LoadedSweep(loaded, variants)


def _overrides_of_recipe(path: File, overrides: Sequence[str]) -> list[str]:
    """The overrides that apply to the recipe itself: all of them, unless its model does not learn by steps."""
    root = read_layers(path).root
    parsed = {text: override for text in overrides if (override := parse_override(text)[0])}
    for override in parsed.values():
        root, _ = apply_override(root, override) if root else (root, ())
    if root is None or SweepNodes.of(root) is None or _learns_by_steps(root):
        return list(overrides)
    return [text for text in overrides if text not in parsed or not _is_of_training(parsed[text])]


def _is_of_training(override: Override) -> bool:
    return override.path[0] in ("training", "objective")


def _learns_by_steps(root: Node) -> bool:
    model = RECIPE.at("model", root).model_for(root.child("model"))
    return getattr(model, "learns", "steps") == "steps"


class _Expansion:
    """Applies the overrides of a sweep to its recipe, and collects problems without duplicates."""

    def __init__(self, layers: Layers, overrides: Sequence[str], problems: Sequence[Problem]) -> None:
        self.problems = dict.fromkeys(problems)
        self.files = list(layers.files)
        self._known = set(problems)
        parsed = [override for text in overrides if (override := parse_override(text)[0])]
        self._common = [override for override in parsed if override.path[0] != "sweep"]
        self._root = layers.root
        for override in parsed:
            if self._root and override.path[0] == "sweep":
                self._root, _ = apply_override(self._root, override)
        self._unused = {override.key: override for override in self._common if _is_of_training(override)}
        self._bases: dict[str, Node | None] = {}

    def finish(self) -> None:
        """Reports overrides that no variant used."""
        for override in self._unused.values():
            message = "changes no cell, since no model of this sweep learns by steps"
            self._report(problem(override.value.key or override.value.mark, override.path, message, "remove it"))

    def variants(self) -> Iterator[Variant]:
        """All valid variants."""
        sweep = SweepNodes.of(self._root)
        if sweep is None or self._too_many(sweep):
            return
        self._report_conflicting_seeds(sweep)
        grid, refused = sweep.grid()
        self._report(*refused)
        for number, cell in enumerate(sweep.cells):
            own, refused = sweep.overrides(number)
            self._report(*refused)
            base = self._base(sweep, number) if cell.recipe else without_sweep(self._root)
            if base:
                for values in product(*grid):
                    yield from self._seeded(base, [*own, *values], cell, sweep.seeds(cell))

    def _too_many(self, sweep: SweepNodes) -> bool:
        if sweep.count > MAX_VARIANTS:
            message = f"expected at most {MAX_VARIANTS:,} cells, found {sweep.count:,}"
            mark = sweep.node.key or sweep.node.mark
            self._report(problem(mark, ("sweep",), message, "split it into several sweeps"))
        return sweep.count > MAX_VARIANTS

    def _report_conflicting_seeds(self, sweep: SweepNodes) -> None:
        seed = next((override for override in self._common if override.key == "seed"), None)
        if seed and sweep.seeds_on_the_command_line:
            mark = seed.value.key or seed.value.mark
            message = "conflicts with `sweep.seeds`, which is overridden too"
            self._report(problem(mark, seed.path, message, "remove one of the two"))

    def _base(self, sweep: SweepNodes, number: int) -> Node | None:
        """The other recipe that a cell starts from; each file is read once."""
        name, mark = sweep.base_of(number)
        if name in self._bases:
            return self._bases[name]
        self._bases[name] = None
        try:
            layers = read_layers(File(name))
        except RecipeError as error:
            (found,) = error.problems
            where = ("sweep", "cells", number, "recipe")
            self._report(found if found.line else problem(mark, where, f"{name}: {found.message}", found.hint))
            return None
        self.files += [file for file in layers.files if file not in self.files]
        self._report(*layers.problems)
        self._bases[name] = without_sweep(layers.root)
        return self._bases[name]

    def _seeded(
        self, base: Node, overrides: Sequence[Override], cell: SweepCell, seeds: Sequence[int]
    ) -> Iterator[Variant]:
        settings = self._settings(overrides, cell)
        recipe = self._recipe(base, overrides, settings)
        if recipe:
            given = any(override.key == "seed" for override in self._common)
            for seed in (not given and seeds) or (recipe.seed,):
                yield Variant(recipe.model_copy(update={"seed": seed}), settings)

    def _settings(self, overrides: Sequence[Override], cell: SweepCell) -> dict[str, Any]:
        overridden = {override.key for override in self._common}
        settings = {override.key: override.value.plain() for override in overrides if override.key not in overridden}
        return {"recipe": cell.recipe} | settings if cell.recipe else settings

    def _recipe(self, base: Node, overrides: Sequence[Override], settings: Mapping[str, Any]) -> Recipe | None:
        problems: list[Problem] = []
        for override in overrides:
            base, refused = apply_override(base, override)
            problems += refused
        base, refused_of_all = self._with_command_line(base)
        problems += refused_of_all
        recipe, invalid, _ = validate(base)
        new = [fault for fault in (*problems, *invalid) if fault not in self._known]
        if new:
            self._known.update(new)
            own = {place for override in overrides for place in places(override.value)}
            label = ", ".join(f"{key}={flow(value)}" for key, value in settings.items())
            where = f" (in cell {printable(label)})" if label else ""
            for found in new:
                hint = IN_A_CELL.get(found.hint, found.hint)
                self._report(found if found.place in own else replace(found, message=found.message + where, hint=hint))
        return None if problems else recipe

    def _with_command_line(self, root: Node) -> tuple[Node, list[Problem]]:
        """Applies the overrides of the command line; those of training only if the model learns by steps."""
        problems: list[Problem] = []
        for override in sorted(self._common, key=_is_of_training):  # the model first: it decides about training
            if _is_of_training(override) and not _learns_by_steps(root):
                continue
            self._unused.pop(override.key, None)
            root, refused = apply_override(root, override)
            problems += refused
        return root, problems

    def _report(self, *problems: Problem) -> None:
        self.problems |= dict.fromkeys(problems)
