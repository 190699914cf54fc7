"""A recipe's `sweep` with the place of everything in it: its cells and its grid as overrides."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path as File

from pydantic import ValidationError

from bvtk.component import parse
from bvtk.errors import Problem
from bvtk.recipe.marks import Mark, Node, Path, problem
from bvtk.recipe.overrides import Override
from bvtk.recipe.sweep_schema import Sweep, SweepCell

_NOT_VARIED = {
    "extends": ("can't be overridden", "`recipe` starts a cell from another recipe"),
    "sweep": ("a cell has no sweep of its own", "leave it out"),
    "seed": ("is not varied like other keys", "write `seeds`"),
}


@dataclass(frozen=True)
class SweepNodes:
    """A sweep of the right form.

    Args:
        sweep: what it says.
        node: where it says so.
    """

    sweep: Sweep
    node: Node

    @classmethod
    def of(cls, root: Node | None) -> SweepNodes | None:
        """The sweep of a recipe's data; None where there is none, or its form is wrong, which the recipe tells."""
        node = root.child("sweep") if root else None
        if node is None or not isinstance(node.value, dict) or node.broken:
            return None
        try:
            return cls(parse(Sweep, node.plain()), node)
        except ValidationError:
            return None

    @property
    def cells(self) -> Sequence[SweepCell]:
        """The cells; one that changes nothing where the sweep names none."""
        return self.sweep.cells or (SweepCell(),)

    @property
    def count(self) -> int:
        """How many variants it asks for."""
        combinations = prod(len(values) for values in self.sweep.grid.values())
        return combinations * sum(len(self.seeds(cell)) or 1 for cell in self.cells)

    def seeds(self, cell: SweepCell) -> Sequence[int]:
        """The seeds of a cell; none where it has its recipe's own."""
        seeds = cell.seeds or self.sweep.seeds
        return range(seeds) if isinstance(seeds, int) else seeds or ()

    def grid(self) -> tuple[list[list[Override]], list[Problem]]:
        """By key of the grid, the overrides that it stands for; and what is wrong in its keys."""
        axes, problems = [], []
        for key, axis in _entries(self.node.child("grid")):
            values = axis.value if isinstance(axis.value, list) else []
            found = _overrides(((key, value.under(axis.key)) for value in values), ("sweep", "grid"))
            axes.append(found[0])
            problems += found[1]
        return axes, problems

    def overrides(self, cell: int) -> tuple[list[Override], list[Problem]]:
        """The overrides that a cell stands for, and what is wrong in its keys."""
        entries = _entries(self._cell(cell))
        said = ((key, value) for key, value in entries if key not in SweepCell.model_fields)
        return _overrides(said, ("sweep", "cells", cell))

    def base_of(self, cell: int) -> tuple[str, Mark]:
        """The path of the recipe that a cell starts from, beside the file that names it, and where it does."""
        node = self._cell(cell)
        named = (node and node.child("recipe")) or self.node
        return os.path.normpath(File(named.mark.source.name).parent / str(named.value)), named.mark

    def _cell(self, number: int) -> Node | None:
        cells = self.node.child("cells")
        return cells.child(number) if cells else None


def without_sweep(root: Node | None) -> Node | None:
    """A recipe's data without its sweep; None where there is no such data."""
    if root is None or not isinstance(root.value, dict):
        return None
    return replace(root, value={key: node for key, node in root.value.items() if key != "sweep"})


def places(node: Node) -> Iterator[str]:
    """Every place inside a value, as problems name it."""
    yield from (problem(mark, (), "").place for mark in (node.mark, node.key) if mark)
    value = node.value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from places(child)


def _entries(node: Node | None) -> Iterable[tuple[str, Node]]:
    return node.value.items() if node and isinstance(node.value, dict) else ()


def _overrides(entries: Iterable[tuple[str, Node]], above: Path) -> tuple[list[Override], list[Problem]]:
    found: list[Override] = []
    problems: dict[Problem, None] = {}
    for key, value in entries:
        parts = tuple(key.split("."))
        refusal = _NOT_VARIED.get(parts[0])
        if not all(parts):
            refusal = ("is no key of a recipe", "write a dotted key, such as objective.beta")
        if refusal:
            problems[problem(value.key or value.mark, (*above, key), *refusal)] = None
        else:
            found.append(Override(parts, value))
    return found, list(problems)
