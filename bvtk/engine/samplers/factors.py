"""The factors of the training images in columns that are fast to compare, and batches in which one factor varies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import Positions, training_draws
from bvtk.errors import UsageError
from bvtk.protocols import Batch, Dataset, Sampler
from bvtk.seeding import derive

_MOST_KEYS = 2**62


class TrainingFactors:
    """The factors that vary in a data set, of its training images (n,); errors name the sampler.

    Attributes:
        names: the factors with two values or more.
        sizes: (k,) how many values each has.
        columns: one (n,) array per factor, in its smallest integer type.

    Raises:
        UsageError: if no factor has two values.
    """

    def __init__(self, dataset: Dataset, indices: NDArray[np.int64], sampler: str) -> None:
        sizes = dataset.factor_sizes
        varying = [column for column, size in enumerate(sizes) if size > 1]
        if not varying:
            raise UsageError(
                f"sampler {sampler!r} needs a data set with a factor that varies, and this one has none",
                "give a data set with factors (`arrays` reads them from an .npz), or choose another sampler or model",
            )
        self.names = [dataset.factor_names[column] for column in varying]
        self.sizes = np.array([sizes[column] for column in varying])
        # Small types: comparing 737,280 images takes tens of microseconds.
        columns = dataset.factors(indices).T
        self.columns = [columns[column].astype(np.min_scalar_type(sizes[column] - 1)) for column in varying]

    def alike(self, position: int, changed: NDArray[np.bool_]) -> Positions:
        """The training images that agree with one in all factors but the changed ones (k,), itself included."""
        agree = np.ones(len(self.columns[0]), bool)
        for column in (column for column, differs in zip(self.columns, changed, strict=True) if not differs):
            agree &= column == column[position]
        return np.flatnonzero(agree)

    def values(self, positions: Positions) -> NDArray[np.int64]:
        """Values (m, k) of some of the images (m,)."""
        return np.stack([column[positions] for column in self.columns], axis=1).astype(np.int64)

    def keys(self, values: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """One number (m,) per combination of values (m, k); None if there are too many combinations for that."""
        if float(np.prod(self.sizes, dtype=np.float64)) >= _MOST_KEYS:
            return None
        return np.asarray(np.ravel_multi_index(tuple(values.T), tuple(self.sizes)), np.int64)


def one_factor_sampler(dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
    """Batches of training images (n,) that differ in one factor alone; the fact `varied` names it.

    Kulkarni et al. 2015 (1503.03167), section 3.1. A step draws the factor, all equally likely, then an image, and
    fills the batch from the images that agree with it in every other factor, with replacement.

    Raises:
        UsageError: if no factor has two values.
    """
    factors = TrainingFactors(dataset, indices, "one_factor")
    draws = training_draws(dataset, indices)
    names = factors.names

    def sampler(step: int) -> Batch:
        generator = np.random.default_rng(derive(seed, "one factor", step))
        factor = int(generator.integers(len(names)))
        first = draws.position(generator)
        alike = factors.alike(first, np.arange(len(names)) == factor)
        chosen = draws.among(generator, alike, batch_size)
        return Batch({"x": indices[chosen]}, facts={"varied": names[factor]})

    return sampler
