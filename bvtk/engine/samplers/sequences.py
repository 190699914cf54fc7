"""Pairs of consecutive images of a sequence. Klindt et al. 2021 (2007.10930)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.engine.samplers.draws import Draws
from bvtk.errors import UsageError
from bvtk.protocols import Batch, Dataset, Sampler
from bvtk.seeding import derive


def sequence_sampler(dataset: Dataset, indices: NDArray[np.int64], batch_size: int, seed: int) -> Sampler:
    """Pairs of training images (n,) that follow each other in a sequence: roles `x` and `x_pair`.

    Raises:
        UsageError: if the data set has no sequences, or no two consecutive images train.
    """
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
    firsts = np.flatnonzero(followed)
    weights = None if dataset.weights is None else dataset.weights[firsts]
    if not len(firsts) or (weights is not None and not weights.any()):
        raise UsageError("no two consecutive images of a sequence train", "hold out fewer images (training.held_out)")
    draws = Draws(weights, len(firsts))

    def sampler(step: int) -> Batch:
        generator = np.random.default_rng(derive(seed, "sequences", step))
        first = firsts[draws.positions(generator, batch_size)]
        return Batch({"x": first, "x_pair": first + 1})

    return sampler
