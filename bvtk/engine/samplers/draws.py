"""Draws of images from those that train, as likely as their data set says."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.protocols import Dataset

Positions = NDArray[np.int64]
"""Places among the training images, from 0; not indices of the data set."""


class Draws:
    """Draws with replacement from n training images.

    Args:
        weights: (n,) how likely each is, not normalised; None if all are equally likely.
        count: n.
    """

    def __init__(self, weights: NDArray[np.float64] | None, count: int) -> None:
        self.weights = weights
        self._count = count
        self._cumulative = None if weights is None else np.cumsum(weights)

    def position(self, generator: np.random.Generator) -> int:
        """The position of one image."""
        if self._cumulative is None:
            return int(generator.integers(self._count))
        return int(self.positions(generator, 1)[0])

    def positions(self, generator: np.random.Generator, size: int) -> Positions:
        """Positions (size,) of images."""
        if self._cumulative is None:
            return generator.integers(self._count, size=size)
        drawn = generator.random(size) * self._cumulative[-1]
        # Rounding may lift a draw to the total itself, which lies past the last image.
        found: Positions = np.minimum(np.searchsorted(self._cumulative, drawn, side="right"), self._last)
        return found

    def among(self, generator: np.random.Generator, some: Positions, size: int) -> Positions:
        """Positions (size,) from some of the images alone."""
        if self.weights is None:
            return generator.choice(some, size)
        return generator.choice(some, size, p=self.weights[some] / self.weights[some].sum())

    @cached_property
    def _last(self) -> int:
        assert self.weights is not None  # noqa: S101
        return int(np.flatnonzero(self.weights)[-1])


def training_draws(dataset: Dataset, indices: NDArray[np.int64]) -> Draws:
    """Draws from the training images of a data set.

    Raises:
        UsageError: if none of them can occur.
    """
    weights = dataset.weights
    if weights is None:
        return Draws(None, len(indices))
    if not weights[indices].any():
        raise UsageError("every training image has weight 0", "hold out fewer images, or choose other weights")
    return Draws(weights[indices], len(indices))
