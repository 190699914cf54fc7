"""Which images a metric uses: all, or a sample if there are many; and which of them to test on."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.sampling import Rows
from bvtk.protocols import Codes


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
