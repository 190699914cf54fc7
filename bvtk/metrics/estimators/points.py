"""Which images a metric looks at: all of a few, a sample of many, and some of them kept apart to test on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.sampling import Rows
from bvtk.protocols import Codes


class Split(NamedTuple):
    """Points that a classifier learns from, and others that it is tested on.

    Args:
        codes: (n, d) to learn from.
        factors: (n, k) their factors.
        codes_test: (m, d) to test on.
        factors_test: (m, k) their factors.
    """

    codes: NDArray[np.floating[Any]]
    factors: NDArray[np.integer[Any]]
    codes_test: NDArray[np.floating[Any]]
    factors_test: NDArray[np.integer[Any]]


def draw_rows(n: int, points: int, seed: int) -> Rows:
    """Row numbers of at most so many of n images: all in order where there are no more, else drawn without repeats.

    Args:
        n: images at hand.
        points: images wanted.
        seed: the same seed gives the same rows.
    """
    return np.arange(n) if n <= points else np.random.default_rng(seed).choice(n, points, replace=False)


def train_and_test(codes: Codes, train_points: int, test_points: int, seed: int) -> Split:
    """The points that a classifier learns from, and those that it is tested on.

    A test set that the caller kept apart stays one. Without it, the images are split: at most a third to test on,
    no image in both.

    Args:
        codes: the representation.
        train_points: images to learn from, at most.
        test_points: images to test on, at most.
        seed: the same seed gives the same points.
    """
    n = len(codes.codes)
    if codes.codes_test is not None and codes.factors_test is not None:
        train, test = draw_rows(n, train_points, seed), draw_rows(len(codes.codes_test), test_points, seed)
        return Split(codes.codes[train], codes.factors[train], codes.codes_test[test], codes.factors_test[test])
    tested = min(test_points, max(n // 3, 1))
    drawn = np.random.default_rng(seed).choice(n, min(n, tested + train_points), replace=False)
    test, train = drawn[:tested], drawn[tested:]
    return Split(codes.codes[train], codes.factors[train], codes.codes[test], codes.factors[test])
