"""Which images a metric uses: all, or a sample if there are many; and which of them to test on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.sampling import Rows
from bvtk.protocols import Codes


class Split(NamedTuple):
    """Points to train a classifier on, and other points to test it on.

    Args:
        codes: (n, d) to train on.
        factors: (n, k) their factors.
        codes_test: (m, d) to test on.
        factors_test: (m, k) their factors.
    """

    codes: NDArray[np.floating[Any]]
    factors: NDArray[np.integer[Any]]
    codes_test: NDArray[np.floating[Any]]
    factors_test: NDArray[np.integer[Any]]


class Labelled(NamedTuple):
    """Codes and the factors of the same images.

    Args:
        codes: (n, d).
        factors: (n, k).
    """

    codes: NDArray[np.floating[Any]]
    factors: NDArray[np.integer[Any]]


def separate_test_set(codes: Codes) -> Labelled | None:
    """The test set that the caller separated, if there is one."""
    if codes.codes_test is None or codes.factors_test is None:
        return None
    return Labelled(codes.codes_test, codes.factors_test)


def draw_rows(n: int, points: int, seed: int) -> Rows:
    """Row numbers of at most `points` of n images: all in order, or a random sample without repeats.

    Args:
        n: number of images.
        points: largest number of rows.
        seed: the same seed gives the same rows.
    """
    return np.arange(n) if n <= points else np.random.default_rng(seed).choice(n, points, replace=False)


def train_and_test(codes: Codes, train_points: int, test_points: int, seed: int) -> Split:
    """The points to train a classifier on, and those to test it on.

    If the representation has a test set, that is used. Otherwise the images are split, at most a third to test on.

    Args:
        codes: the representation.
        train_points: largest number of images to train on.
        test_points: largest number of images to test on.
        seed: the same seed gives the same points.
    """
    n = len(codes.codes)
    if given := separate_test_set(codes):
        train, test = draw_rows(n, train_points, seed), draw_rows(len(given.codes), test_points, seed)
        return Split(codes.codes[train], codes.factors[train], given.codes[test], given.factors[test])
    tested = min(test_points, max(n // 3, 1))
    drawn = np.random.default_rng(seed).choice(n, min(n, tested + train_points), replace=False)
    test, train = drawn[:tested], drawn[tested:]
    return Split(codes.codes[train], codes.factors[train], codes.codes[test], codes.factors[test])
