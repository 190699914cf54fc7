"""Ground-truth factors of images: a full grid of values, or a table of those that occur."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data.fields import no_such_factor
from bvtk.errors import DataError

Index = NDArray[np.integer[Any]]


def column_of(name: str, names: tuple[str, ...]) -> int:
    """The column of a factor.

    Raises:
        DataError: if no factor has this name, with the one that comes close.
    """
    if name in names:
        return names.index(name)
    raise DataError(no_such_factor(name, names))


class FactorGrid:
    """Factors of a data set that has every combination once, the last factor changing fastest.

    Each has a name, and a number of values, its size.
    """

    def __init__(self, names: tuple[str, ...], sizes: tuple[int, ...]) -> None:
        self.names = names
        self.sizes = sizes

    def __len__(self) -> int:
        """How many combinations there are."""
        return math.prod(self.sizes)

    def values(self, index: Index) -> NDArray[np.int64]:
        """Factor values (n, k) for integers (n,)."""
        return np.stack(np.unravel_index(index, self.sizes), axis=-1).astype(np.int64, copy=False)

    def index_of(self, values: Index) -> NDArray[np.int64]:
        """Indices (n,) of the images with these factor values (n, k).

        Raises:
            DataError: if a value is out of range.
        """
        values = _checked(values, self.names, self.sizes)
        return np.asarray(np.ravel_multi_index(tuple(values.T), self.sizes), np.int64)


class FactorTable:
    """Factors of images in any order, with any of the combinations, repeated or not.

    Args:
        names: one per factor.
        values: (N, k) numbers; each column is renumbered from 0 in the order of its values.
    """

    def __init__(self, names: tuple[str, ...], values: NDArray[np.number[Any]]) -> None:
        columns = [np.unique(column, return_inverse=True) for column in values.T]
        self.names = names
        self.sizes = tuple(len(known) for known, _ in columns)
        numbered = [number.reshape(-1) for _, number in columns]
        self._values = np.stack(numbered, axis=1) if columns else np.zeros((len(values), 0), np.int64)

    def __len__(self) -> int:
        """How many images there are."""
        return len(self._values)

    def values(self, index: Index) -> NDArray[np.int64]:
        """Factor values (n, k), renumbered, for integers (n,)."""
        return self._values[index].astype(np.int64, copy=False)

    def index_of(self, values: Index) -> NDArray[np.int64]:
        """Indices (n,) of the first images with these renumbered factor values (n, k).

        Raises:
            DataError: if there are no factors, a value is out of range, or no image has the combination.
        """
        if not self.names:
            raise DataError("the data set has no factors to look up", "choose a data set with factors")
        values = _checked(values, self.names, self.sizes)
        levels, first = self._lookup
        key = np.zeros(len(values), np.int64)
        found = np.ones(len(values), bool)
        for size, level, column in zip(self.sizes, levels, values.T, strict=True):
            key, wanted = _rank(level, key * size + column)
            found &= wanted
        if not found.all():
            missing = dict(zip(self.names, values[~found][0].tolist(), strict=True))
            raise DataError(f"no image has the factors {missing}", "this data set does not have every combination")
        return first[key]

    @cached_property
    def _lookup(self) -> tuple[list[NDArray[np.int64]], NDArray[np.int64]]:
        """The combinations of the first 1, 2, … k factors that occur, and the first image of each full combination.

        Combinations are numbered by their rank among those that occur, so that numbers can't overflow however many
        factors there are.
        """
        levels = []
        key = np.zeros(len(self), np.int64)
        for size, column in zip(self.sizes, self._values.T, strict=True):
            level, key = np.unique(key * size + column, return_inverse=True)
            levels.append(level)
        return levels, np.unique(key, return_index=True)[1].astype(np.int64, copy=False)


def _rank(known: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    rank = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return rank, known[rank] == wanted


def _checked(values: Index, names: tuple[str, ...], sizes: tuple[int, ...]) -> NDArray[np.int64]:
    values = np.asarray(values)
    if values.ndim != 2 or values.shape[1] != len(sizes):
        raise DataError(f"got factor values of shape {values.shape}, expected (n, {len(sizes)}): {', '.join(names)}")
    for name, size, column in zip(names, sizes, values.T, strict=True):
        outside = (column < 0) | (column >= size)
        if outside.any():
            raise DataError(f"factor '{name}' has no value {column[outside][0]}, its values are 0 to {size - 1}")
    return values.astype(np.int64, copy=False)
