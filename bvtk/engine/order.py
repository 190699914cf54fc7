"""Which images a step sees: a function of the seed and the step alone, so nothing has to be restored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.seeding import derive


def split(size: int, held_out: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divides a data set into images that train and images that never do.

    Args:
        size: number of images.
        held_out: share of the images that never train; at least one where it is above 0 and two exist.
        seed: the recipe's seed.

    Returns:
        Ascending indices of the training images and of the held-out ones.
    """
    count = min(max(round(held_out * size), 1), size - 1) if held_out > 0 else 0
    shuffled = np.random.default_rng(derive(seed, "held out")).permutation(size)
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])


class ImageOrder:
    """Batches of training images: every epoch is a new permutation, and batches run on over its end.

    Args:
        indices: (n,) the training images.
        batch_size: images a step.
        seed: the recipe's seed.
    """

    def __init__(self, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._indices = indices
        self._batch_size = batch_size
        self._seed = seed
        self._epoch: tuple[int, NDArray[np.int64]] | None = None

    def batch(self, step: int) -> NDArray[np.int64]:
        """The indices (batch size,) of the images of a step, counted from 0."""
        start = step * self._batch_size
        positions = np.arange(start, start + self._batch_size)
        epochs, places = np.divmod(positions, len(self._indices))
        parts = [self._shuffled(int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        if self._epoch is None or self._epoch[0] != epoch:
            generator = np.random.default_rng(derive(self._seed, "order", epoch))
            self._epoch = (epoch, generator.permutation(self._indices))
        return self._epoch[1]
