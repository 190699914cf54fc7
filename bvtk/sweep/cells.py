"""The cells of a sweep. Each has the run folder that `bvtk run` uses for the same recipe."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bvtk.api import run_folder
from bvtk.errors import UsageError
from bvtk.recipe import LoadedRecipe, Recipe
from bvtk.recipe.sweep_schema import Published
from bvtk.recipe.variants import load_sweep
from bvtk.recipe.writing import flow
from bvtk.runs import RunFolder

_HASH_DIGITS = 10


@dataclass(frozen=True)
class Cell:
    """One run of a sweep.

    Args:
        settings: what distinguishes it from other cells besides its seed, by dotted key; `recipe` if it starts from
            another recipe's file.
        folder_name: the name of its run folder, such as `vae-1a2b3c4d5e`.
    """

    recipe: Recipe
    settings: Mapping[str, Any]
    folder_name: str

    @property
    def seed(self) -> int:
        """The recipe's seed."""
        return self.recipe.seed

    @property
    def label(self) -> str:
        """Its settings as text: `objective.beta=4, model.latents=10`."""
        return ", ".join(f"{key}={flow(value)}" for key, value in self.settings.items())

    def folder(self, out: Path) -> RunFolder:
        """Its run folder, in the parent of run folders."""
        return RunFolder(out / self.folder_name)


@dataclass(frozen=True)
class Sweep:
    """A recipe that has a sweep, and its cells in order, without duplicates."""

    loaded: LoadedRecipe
    cells: tuple[Cell, ...]

    @property
    def folder_name(self) -> str:
        """The name of the sweep's own folder: `<name>-sweep-<hash>`, with a hash of its cells."""
        names = "\n".join(cell.folder_name for cell in self.cells)
        digest = hashlib.sha256(names.encode()).hexdigest()[:_HASH_DIGITS]
        return f"{self.loaded.recipe.name}-sweep-{digest}"

    @property
    def published(self) -> Published | None:
        """Published figures to print beside the measured ones."""
        return self.loaded.recipe.sweep.published if self.loaded.recipe.sweep else None


def read_sweep(path: Path | str, overrides: Sequence[str] = ()) -> Sweep:
    """The sweep of a recipe; load plugins first, as for every recipe.

    Overrides below `sweep` change the sweep itself, all others apply to every cell.

    Raises:
        RecipeError: with everything that is wrong in the recipe or in any cell.
        UsageError: if the recipe has no `sweep`.
    """
    found = load_sweep(path, overrides)
    if found.loaded.recipe.sweep is None:
        raise UsageError(f"{path} has no `sweep`", "add one, such as `sweep: {seeds: 3}`, or use `bvtk run`")
    cells: dict[str, Cell] = {}
    for variant in found.variants:
        name = run_folder(variant.recipe, Path()).path.name
        cells.setdefault(name, Cell(variant.recipe, variant.settings, name))
    return Sweep(found.loaded, tuple(cells.values()))
