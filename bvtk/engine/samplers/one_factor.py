"""Batches in which one factor varies. Kulkarni et al. 2015 (1503.03167), section 3.1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import training_draws
from bvtk.engine.samplers.factors import TrainingFactors
from bvtk.protocols import Batch, Dataset
from bvtk.seeding import derive


class OneFactorSampler:
    """Batches of training images that differ in one factor alone.

    A step draws the factor, all equally likely, then an image, and fills the batch from the images that agree with
    it in every other factor, with replacement.

    Args:
        dataset: labelled images.
        indices: (n,) the training images.
        batch_size: images per step.
        seed: the recipe's seed.

    Raises:
        UsageError: if no factor has two values.
    """

    def __init__(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        self._factors = TrainingFactors(dataset, indices, "one_factor")
        self._draws = training_draws(dataset, indices)
        self._indices = indices
        self._batch_size = batch_size
        self._seed = seed

    def __call__(self, step: int) -> Batch:
        """The batch of a step, counted from 0; its fact `varied` names the factor."""
        generator = np.random.default_rng(derive(self._seed, "one factor", step))
        names = self._factors.names
        factor = int(generator.integers(len(names)))
        first = self._draws.position(generator)
        alike = self._factors.alike(first, np.arange(len(names)) == factor)
        chosen = self._draws.among(generator, alike, self._batch_size)
        return Batch({"x": self._indices[chosen]}, facts={"varied": names[factor]})
