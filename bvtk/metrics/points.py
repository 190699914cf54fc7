"""Which images a metric looks at: all of a few, a sample of many, and some of them kept apart to test on."""

from __future__ import annotations

import numpy as np

from bvtk.metrics.sampling import Rows
from bvtk.protocols import Codes


def draw_rows(n: int, points: int, seed: int) -> Rows:
    """Row numbers of at most so many of n images: all in order where there are no more, else drawn without repeats.

    Args:
        n: images at hand.
        points: images wanted.
        seed: the same seed gives the same rows.
    """
    return np.arange(n) if n <= points else np.random.default_rng(seed).choice(n, points, replace=False)


def train_and_test(codes: Codes, train_points: int, test_points: int, seed: int) -> Codes:
    """The points that a classifier learns from, with those that it is tested on as the test set.

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
        z_test, v_test = codes.codes_test[test], codes.factors_test[test]
        return Codes(codes.codes[train], codes.factors[train], codes.factor_names, z_test, v_test)
    tested = min(test_points, max(n // 3, 1))
    drawn = np.random.default_rng(seed).choice(n, min(n, tested + train_points), replace=False)
    test, train = drawn[:tested], drawn[tested:]
    z_test, v_test = codes.codes[test], codes.factors[test]
    return Codes(codes.codes[train], codes.factors[train], codes.factor_names, z_test, v_test)
