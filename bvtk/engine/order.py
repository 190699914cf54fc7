"""Which images a step sees: a function of the seed and the step alone, so nothing has to be restored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
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
    """Batches of training images that differ in one factor alone. Kulkarni et al. 2015 (1503.03167), section 3.1.

    A step draws the factor, all equally likely, then an image, and fills the batch from the images that agree with
    it in every other factor, with replacement.

    Args:
        dataset: labelled images.
        indices: (n,) the training images.
        batch_size: images a step.
        seed: the recipe's seed.

    Raises:
        UsageError: where no factor has two values.
    """

    def __init__(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._indices = indices
        self._batch_size = batch_size
        self._seed = seed
        names, sizes = dataset.factor_names, dataset.factor_sizes
        varying = [column for column, size in enumerate(sizes) if size > 1]
        if not varying:
            raise UsageError(
                "batches in which one factor varies need a data set with such a factor, and this one has none",
                "give a data set with factors (`arrays` reads them from an .npz), or choose another model",
            )
        self._names = [names[column] for column in varying]
        # Each column in its smallest type: comparing 737,280 images takes tens of microseconds.
        columns = dataset.factors(indices).T
        self._columns = [columns[column].astype(np.min_scalar_type(sizes[column] - 1)) for column in varying]

    def batch(self, step: int) -> Batch:
        """The images of a step, counted from 0."""
        generator = np.random.default_rng(derive(self._seed, "one factor", step))
        factor = int(generator.integers(len(self._names)))
        alike = self._alike(factor, int(generator.integers(len(self._indices))))
        return Batch(self._indices[generator.choice(alike, self._batch_size)], self._names[factor])

    def _alike(self, factor: int, position: int) -> NDArray[np.int64]:
        """The positions of the images that agree with one in all factors but this, itself included."""
        agree = np.ones(len(self._indices), bool)
        for number, column in enumerate(self._columns):
            if number != factor:
                agree &= column == column[position]
        return np.flatnonzero(agree)
