"""Which images a metric uses: all, or a sample if there are many; those to test on; those that share a value."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.protocols import Codes
from bvtk.quantities import counted

Rows = NDArray[np.int64]

CACHED = 1_000_000
"""Numbers per lookup: few enough that they stay in the cache of the processor."""


class Labelled(NamedTuple):
    """Codes (n, d) and the factors (n, k) of the same images."""

    codes: NDArray[np.floating[Any]]
    factors: NDArray[np.integer[Any]]

    def take(self, rows: Rows) -> Labelled:
        """The images of these rows."""
        return Labelled(self.codes[rows], self.factors[rows])


def separate_test_set(codes: Codes) -> Labelled | None:
    """The test set that the caller separated, if there is one."""
    if codes.codes_test is None or codes.factors_test is None:
        return None
    return Labelled(codes.codes_test, codes.factors_test)


def draw_rows(n: int, points: int, seed: int) -> Rows:
    """Row numbers of at most `points` of n images: all in order, or a random sample without repeats."""
    return np.arange(n) if n <= points else np.random.default_rng(seed).choice(n, points, replace=False)


def train_and_test(codes: Codes, train_points: int, test_points: int, seed: int) -> tuple[Labelled, Labelled]:
    """At most so many images to train a classifier on, and to test it on.

    If the representation has a test set, that is used. Otherwise the images are split, at most a third to test on.
    """
    n, images = len(codes.codes), Labelled(codes.codes, codes.factors)
    if given := separate_test_set(codes):
        test_rows = draw_rows(len(given.codes), test_points, seed)
        return images.take(draw_rows(n, train_points, seed)), given.take(test_rows)
    tested = min(test_points, max(n // 3, 1))
    drawn = np.random.default_rng(seed).choice(n, min(n, tested + train_points), replace=False)
    return images.take(drawn[tested:]), images.take(drawn[:tested])


def varying(factors: NDArray[np.integer[Any]]) -> list[int]:
    """The columns of (n, k) factors with more than one value."""
    return [int(j) for j in np.flatnonzero((factors != factors[:1]).any(axis=0))]


def require_varying(factors: NDArray[np.integer[Any]], least: int, metric: str) -> list[int]:
    """The columns of (n, k) factors with more than one value.

    Raises:
        UsageError: if there are fewer than the metric needs.
    """
    found = varying(factors)
    if len(found) < least:
        raise UsageError(
            f"{metric} needs at least {counted(least, 'factor')} with more than one value, found {len(found)} of "
            f"{factors.shape[1]} in {counted(len(factors), 'image')}",
            f"score images that differ in at least {counted(least, 'factor')}",
        )
    return found


class SharedValue:
    """Rows of a labelled set, grouped by the value of one factor: integers (n,) from 0.

    Raises:
        UsageError: if no value occurs twice.
    """

    def __init__(self, values: NDArray[np.integer[Any]], name: str) -> None:
        narrow = values.astype(np.min_scalar_type(int(values.max())))  # up to 16 bits sort in linear time
        order = np.argsort(narrow, kind="stable")
        ordered = narrow[order]
        ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, len(ordered))
        sizes = np.diff(ends, prepend=0)
        if not (sizes > 1).any():
            raise UsageError(
                f"no two of {counted(len(values), 'image')} have the same value of factor {name!r}",
                "score more images, or leave this factor out; in a test set values must repeat too",
            )
        shared = np.repeat(sizes > 1, sizes)
        self._order = order[shared]
        self._sizes = sizes[sizes > 1]
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._group = np.repeat(np.arange(len(self._sizes)), self._sizes)

    def pairs(self, count: int, rng: np.random.Generator) -> tuple[Rows, Rows]:
        """Pairs of different rows with the same value of the factor, as two arrays (count,).

        The first is uniform over the rows whose value occurs more than once, the second over the others with its value.
        """
        first = rng.integers(len(self._order), size=count)
        group = self._group[first]
        size, start = self._sizes[group], self._starts[group]
        second = start + (first - start + rng.integers(1, size)) % size
        return self._order[first], self._order[second]

    def batches(self, count: int, size: int, rng: np.random.Generator) -> Rows:
        """Batches (count, size) of rows with the same value of the factor.

        The value is that of a row drawn like the first of a pair. A batch can contain a row more than once.
        """
        group = self._group[rng.integers(len(self._order), size=count)][:, None]
        position = rng.integers(self._sizes[group], size=(count, size))
        return np.asarray(self._order[self._starts[group] + position])
