"""Which images train, and which never do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.seeding import derive


def split(size: int, held_out: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Divides a data set into images that train and images that never do.

    `held_out` is the share of the images that never train: at least one if it is above 0 and there are two.

    Returns:
        Ascending indices of the training images and of the held-out ones.
    """
    count = min(max(round(held_out * size), 1), size - 1) if held_out > 0 else 0
    shuffled = np.random.default_rng(derive(seed, "held out")).permutation(size)
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])
