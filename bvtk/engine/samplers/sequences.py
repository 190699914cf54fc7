"""Pairs of consecutive images of a sequence. Klindt et al. 2021 (2007.10930)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import Draws
from bvtk.errors import UsageError
from bvtk.protocols import Batch, Dataset
from bvtk.seeding import derive


class SequenceSampler:
    """Pairs of training images that follow each other in a sequence.

    Args:
        dataset: images with sequences.
        indices: (n,) the training images.
        batch_size: pairs per step.
        seed: the recipe's seed.

    Raises:
        UsageError: if the data set has no sequences, or no two consecutive images train.
    """

    def __init__(self, dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> None:
        sequences = dataset.sequences
        if sequences is None:
            raise UsageError(
                "sampler 'sequences' needs a data set with sequences, and this one has none",
                "give an .npz with `sequences`, the number of each image's sequence, or choose another sampler",
            )
        trains = np.zeros(len(dataset) + 1, bool)
        trains[indices] = True
        followed = trains[:-1] & trains[1:]
        followed[:-1] &= sequences[:-1] == sequences[1:]
        self._first = np.flatnonzero(followed)
        weights = None if dataset.weights is None else dataset.weights[self._first]
        if not len(self._first) or (weights is not None and not weights.any()):
            raise UsageError(
                "no two consecutive images of a sequence train", "hold out fewer images (training.held_out)"
            )
        self._draws = Draws(weights, len(self._first))
        self._batch_size = batch_size
        self._seed = seed

    def __call__(self, step: int) -> Batch:
        """The batch of a step, counted from 0: roles `x` and `x_pair`."""
        generator = np.random.default_rng(derive(self._seed, "sequences", step))
        first = self._first[self._draws.positions(generator, self._batch_size)]
        return Batch({"x": first, "x_pair": first + 1})
