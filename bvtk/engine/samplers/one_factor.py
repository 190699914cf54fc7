"""Batches in which one factor varies. Kulkarni et al. 2015 (1503.03167), section 3.1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import training_draws
from bvtk.engine.samplers.factors import TrainingFactors
from bvtk.protocols import Batch, Dataset, Sampler
from bvtk.seeding import derive


def one_factor_sampler(dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
    """Batches of training images (n,) that differ in one factor alone; the fact `varied` names it.

    A step draws the factor, all equally likely, then an image, and fills the batch from the images that agree with
    it in every other factor, with replacement.

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
