"""Draws images that share the value of a factor, from any labelled set: no full grid is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bvtk.counting import counted
from bvtk.errors import UsageError

Rows = NDArray[np.int64]


def varying(factors: NDArray[np.integer[Any]]) -> list[int]:
    """The columns of (n, k) factors that take more than one value."""
    return [int(j) for j in np.flatnonzero((factors != factors[:1]).any(axis=0))]


def require_varying(
    factors: NDArray[np.integer[Any]], names: Sequence[str], least: Literal[1, 2], metric: str
) -> list[int]:
    """The columns that take more than one value, where there are enough of them.

    Args:
        factors: (n, k).
        names: one a factor, for errors.
        least: how many a metric needs.
        metric: what to call it in errors.

    Raises:
        UsageError: where fewer vary.
    """
    kept = varying(factors)
    if len(kept) >= least:
        return kept
    if least == 1:
        raise UsageError(
            f"{metric} needs a factor that varies, found none among {', '.join(names)} in the "
            f"{counted(len(factors), 'image')} that it learns from",
            "give more images, or such as differ in at least one factor",
        )
    raise UsageError(
        f"{metric} needs two factors that vary, found {len(kept)} of {len(names)} in the "
        f"{counted(len(factors), 'image')} that it learns from",
        "give more images, or such as differ in at least two factors",
    )


class SharedValue:
    """Rows of a labelled set, grouped by the value of one factor.

    Args:
        values: (n,) integers from 0, one factor's values.
        name: the factor's name, for errors.

    Raises:
        UsageError: where no value occurs twice, so that no two rows share one.
    """

    def __init__(self, values: NDArray[np.integer[Any]], name: str) -> None:
        narrow = values.astype(np.min_scalar_type(int(values.max())))  # 16 bits and fewer sort in linear time
        order = np.argsort(narrow, kind="stable")
        ends = _group_ends(narrow[order])
        sizes = np.diff(ends, prepend=0)
        if not (sizes > 1).any():
            raise UsageError(
                f"no two of {counted(len(values), 'image')} share a value of factor {name!r}",
                "pairs need factors whose values repeat, in a test set too: give more images, or leave this factor out",
            )
        shared = np.repeat(sizes > 1, sizes)
        self._order = order[shared]
        self._sizes = sizes[sizes > 1]
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._group = np.repeat(np.arange(len(self._sizes)), self._sizes)

    def pairs(self, count: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Pairs of different rows that share the factor's value, all else free.

        The first is uniform over the rows whose value occurs more than once, the second over the others of its value.

        Returns:
            Two arrays (count,) of row numbers.
        """
        first = rng.integers(len(self._order), size=count)
        group = self._group[first]
        size, start = self._sizes[group], self._starts[group]
        ahead = rng.integers(1, size)
        second = start + (first - start + ahead) % size
        return self._order[first], self._order[second]

    def batches(self, count: int, size: int, rng: np.random.Generator) -> Rows:
        """Batches of rows that share the factor's value, all else free.

        The value is that of a row drawn as the first of a pair is; a batch may hold a row more than once.

        Returns:
            (count, size) row numbers.
        """
        group = self._group[rng.integers(len(self._order), size=count)][:, None]
        place = rng.integers(self._sizes[group], size=(count, size))
        return np.asarray(self._order[self._starts[group] + place])


def _group_ends(ordered: NDArray[Any]) -> Rows:
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    return np.append(changes, len(ordered))
