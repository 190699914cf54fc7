"""Which images a step sees: a function of the seed and the step alone, so nothing has to be restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bvtk.protocols import Dataset
from bvtk.seeding import derive


@dataclass(frozen=True)
class Batch:
    """The images of a step.

    Args:
        index: (B,) which images.
        varied: the one factor in which they differ, None where they are any images.
    """

    index: NDArray[np.int64]
    varied: str | None = None


class Order(Protocol):
    """Decides which images a step sees."""

    def batch(self, step: int) -> Batch:
        """The images of a step, counted from 0."""
        ...


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


class ShuffledOrder:
    """Batches of any training images: every epoch is a new permutation, and batches run on over its end.

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

    def batch(self, step: int) -> Batch:
        """The images of a step, counted from 0."""
        start = step * self._batch_size
        positions = np.arange(start, start + self._batch_size)
        epochs, places = np.divmod(positions, len(self._indices))
        parts = [self._shuffled(int(epoch))[places[epochs == epoch]] for epoch in np.unique(epochs)]
        return Batch(np.concatenate(parts) if len(parts) > 1 else parts[0])

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        if self._epoch is None or self._epoch[0] != epoch:
            generator = np.random.default_rng(derive(self._seed, "order", epoch))
            self._epoch = (epoch, generator.permutation(self._indices))
        return self._epoch[1]


class OneFactorOrder:
    """Batches of training images that differ in one factor alone. Kulkarni et al. 2015 (1503.03167), section 3.2.

    A step draws the factor, all equally likely, then an image, and fills the batch from the images that agree with
    it in every other factor, with replacement.

    Args:
        dataset: labelled images.
        indices: (n,) the training images.
        batch_size: images a step.
        seed: the recipe's seed.
    """

    def __init__(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._indices = indices
        self._batch_size = batch_size
        self._seed = seed
        factors = dataset.factors(indices)
        self._names = [name for name, size in zip(dataset.factor_names, dataset.factor_sizes, strict=True) if size > 1]
        columns = [dataset.factor_names.index(name) for name in self._names]
        self._groups = [_Groups(np.delete(factors, column, axis=1), dataset, column) for column in columns]

    def batch(self, step: int) -> Batch:
        """The images of a step, counted from 0."""
        generator = np.random.default_rng(derive(self._seed, "one factor", step))
        factor = int(generator.integers(len(self._names)))
        alike = self._groups[factor].of(int(generator.integers(len(self._indices))))
        return Batch(self._indices[generator.choice(alike, self._batch_size)], self._names[factor])


class _Groups:
    """Images in groups that agree in all factors but one."""

    def __init__(self, others: NDArray[np.int64], dataset: Dataset, column: int) -> None:
        sizes = np.delete(np.asarray(dataset.factor_sizes, np.int64), column)
        places = np.concatenate([np.cumprod(sizes[:0:-1])[::-1], [1]]) if len(sizes) else np.zeros(0, np.int64)
        self._keys = others @ places.astype(np.int64)
        self._order = np.argsort(self._keys, kind="stable")
        self._sorted = self._keys[self._order]

    def of(self, position: int) -> NDArray[np.int64]:
        """The positions of the images in one group with the image at this position, itself included."""
        start, end = np.searchsorted(self._sorted, [self._keys[position], self._keys[position] + 1])
        return self._order[start:end]
