"""Draws of images from those that train, as likely as their data set says, and batches of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.protocols import Batch, Dataset, Sampler
from bvtk.seeding import derive

Positions = NDArray[np.int64]
"""Places among the training images, from 0; not indices of the data set."""


class Draws:
    """Draws with replacement from n training images; weights (n,) need not be normalised, None if all are alike."""

    def __init__(self, weights: NDArray[np.float64] | None, count: int) -> None:
        self.weights = weights
        self._count = count
        self._cumulative = None if weights is None else np.cumsum(weights)
        self._last = count - 1 if weights is None else int(np.flatnonzero(weights)[-1])

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


class ShuffledSampler:
    """Every epoch is a new permutation of the training images (n,), and batches run on over its end."""

    def __init__(self, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._indices = indices
        self._batch_size = batch_size
        self._seed = seed
        self._epoch: tuple[int, NDArray[np.int64]] | None = None

    def __call__(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        start = step * self._batch_size
        positions = np.arange(start, start + self._batch_size)
        epochs, places = np.divmod(positions, len(self._indices))
        parts = [self._shuffled(int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)]
        return Batch({"x": np.concatenate(parts) if len(parts) > 1 else parts[0]})

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        # The permutation of the epoch is kept: it can be computed again from the seed at any time.
        if self._epoch is None or self._epoch[0] != epoch:
            generator = np.random.default_rng(derive(self._seed, "order", epoch))
            self._epoch = (epoch, generator.permutation(self._indices))
        return self._epoch[1]


def weighted_sampler(dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
    """Independent draws of training images (n,) with the probabilities of the data set."""
    draws = training_draws(dataset, indices)

    def sampler(step: int) -> Batch:
        generator = np.random.default_rng(derive(seed, "weighted order", step))
        return Batch({"x": indices[draws.positions(generator, batch_size)]})

    return sampler
