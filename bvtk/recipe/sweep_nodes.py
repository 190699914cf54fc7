"""A recipe's `sweep` with its places in the source: cells and grid as overrides."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path as File
from typing import Any

from pydantic import ValidationError

from bvtk.component import parse
from bvtk.errors import Problem
from bvtk.recipe.composer import MAX_DEPTH
from bvtk.recipe.marks import COMMAND_LINE, Mark, Node, Path, problem
from bvtk.recipe.overrides import Override
from bvtk.recipe.schema import Recipe
from bvtk.recipe.sweep_schema import Sweep, SweepCell

_NOT_VARIED = {
    "extends": ("can't be overridden", "use `recipe` to start a cell from another recipe"),
    "sweep": ("a cell can't have a sweep of its own", "remove it"),
    "seed": ("can't be set like other keys", "write `seeds`: a number, or a list"),
}
_NOT_IN_THE_GRID = dict.fromkeys(
    ("seed", "seeds"), ("can't be in the grid", "write `seeds` beside `grid`: a number, or a list")
)
_KEYS = Recipe.model_fields.keys() | SweepCell.model_fields.keys()


@dataclass(frozen=True)
class SweepNodes:
    """The valid parts of a sweep, in which an invalid cell is an empty one, and its data with places."""

    sweep: Sweep
    node: Node

    @classmethod
    def of(cls, root: Node | None) -> SweepNodes | None:
        """The sweep in a recipe's data; None if there is none. Validating the recipe reports its errors."""
        node = root.child("sweep") if root else None
        if node is None or not isinstance(node.value, dict) or node.broken:
            return None
        node = _with_cells_in_a_list(node, node.value)
        return cls(_valid_parts(node.plain()), node)

    @property
    def cells(self) -> Sequence[SweepCell]:
        """The cells; a single empty one if the sweep lists none."""
        return self.sweep.cells or (SweepCell(),)

    @property
    def count(self) -> int:
        """The number of variants."""
        combinations = prod(len(values) for values in self.sweep.grid.values())
        return combinations * sum(len(self.seeds(cell)) or 1 for cell in self.cells)

    def seeds(self, cell: SweepCell) -> Sequence[int]:
        """The seeds of a cell; empty if it keeps the seed of its recipe."""
        seeds = cell.seeds or self.sweep.seeds
        return range(seeds) if isinstance(seeds, int) else seeds or ()

    @property
    def seeds_on_the_command_line(self) -> bool:
        """Whether an override sets the seeds of the sweep."""
        cells = (self._cell(number) for number in range(len(self.cells)))
        found = [node.child("seeds") for node in (self.node, *cells) if node]
        return any(seeds.mark.source.name == COMMAND_LINE for seeds in found if seeds)

    def grid(self) -> tuple[list[list[Override]], list[Problem]]:
        """The overrides of the grid, a list for each key; and the problems of its keys."""
        axes, problems = [], []
        for key, axis in _entries(self.node.child("grid")):
            if refused := _refusal(key, axis, ("sweep", "grid"), _NOT_VARIED | _NOT_IN_THE_GRID):
                problems.append(refused)
            elif key in self.sweep.grid and isinstance(axis.value, list):
                axes.append([Override(tuple(key.split(".")), value.under(axis.key)) for value in axis.value])
        return axes, problems

    def overrides(self, cell: int) -> tuple[list[Override], list[Problem]]:
        """The overrides of a cell, and the problems of its keys."""
        overrides, problems = [], []
        extra = self.cells[cell].model_extra or {}
        for key, value in _entries(self._cell(cell)):
            if key in extra and (refused := _refusal(key, value, ("sweep", "cells", cell), _NOT_VARIED)):
                problems.append(refused)
            elif key in extra:
                overrides.append(Override(tuple(key.split(".")), value))
        return overrides, problems

    def base_of(self, cell: int) -> tuple[str, Mark]:
        """The path of the recipe that a cell starts from, and the place that names it."""
        node = self._cell(cell)
        named = (node and node.child("recipe")) or self.node
        return os.path.normpath(File(named.mark.source.name).parent / str(named.value)), named.mark

    def _cell(self, number: int) -> Node | None:
        cells = self.node.child("cells")
        return cells.child(number) if cells else None


def without_sweep(root: Node | None) -> Node | None:
    """A recipe's data without its sweep; None if there is no data."""
    if root is None or not isinstance(root.value, dict):
        return None
    return replace(root, value={key: node for key, node in root.value.items() if key != "sweep"})


def places(node: Node) -> Iterator[str]:
    """All places inside a value, as in problems."""
    yield from (problem(mark, (), "").place for mark in (node.mark, node.key) if mark)
    value = node.value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from places(child)


def _entries(node: Node | None) -> Iterable[tuple[str, Node]]:
    return node.value.items() if node and isinstance(node.value, dict) else ()


def _refusal(key: str, node: Node, above: Path, refused: Mapping[str, tuple[str, str]]) -> Problem | None:
    """The problem of a dotted key that can't be overridden; None if it can."""
    parts = key.split(".")
    why = refused.get(parts[0])
    if not all(parts) or len(parts) > MAX_DEPTH:
        why = ("is not a key of a recipe", "write a dotted key, such as objective.beta")
    return problem(node.key or node.mark, (*above, key), *why) if why else None


def _with_cells_in_a_list(node: Node, entries: Mapping[str, Node]) -> Node:
    """Turns cells that are written as a mapping into a list, so that their contents are checked too."""
    cells = node.child("cells")
    if cells is None or not isinstance(cells.value, dict):
        return node
    inside = cells.value
    named = all(isinstance(each.value, dict) for each in inside.values()) and not _KEYS & inside.keys()
    listed = replace(cells, value=list(inside.values()) if named else [cells])
    return replace(node, value={**entries, "cells": listed})


def _valid_parts(data: dict[str, Any]) -> Sweep:
    """The sweep without its invalid parts."""
    while True:
        try:
            return parse(Sweep, data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                _drop(data, tuple(detail["loc"]))


def _drop(data: dict[str, Any], place: Path) -> None:
    """Removes the invalid part at a place; an invalid `recipe` empties the whole cell."""
    part = data.get(str(place[0]))
    if place[0] == "cells" and isinstance(part, list) and len(place) > 1:
        number = int(place[1])
        cell, kept = part[number], len(place) > 2 and place[2] != "recipe"
        part[number] = {key: value for key, value in cell.items() if key != place[2]} if kept else {}
    elif place[0] == "grid" and isinstance(part, dict) and len(place) > 1:
        part.pop(str(place[1]), None)
    else:
        data.pop(str(place[0]), None)
