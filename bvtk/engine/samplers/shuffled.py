"""Batches of any training images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import training_draws
from bvtk.protocols import Batch, Dataset, Sampler
from bvtk.seeding import derive


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
