"""What each latent does as the factors change: the mean activations of the paper's Figure 7."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mean_activation(
    mu: NDArray[np.floating[Any]], factors: NDArray[np.integer[Any]], sizes: Sequence[int]
) -> NDArray[np.float32]:
    """The mean of every latent over all images that share the given factors' values.

    Higgins et al. 2017, Figure 7.

    Args:
        mu: (n, L) posterior means.
        factors: (n, k) the values of the factors to keep apart, each from 0 to its size − 1.
        sizes: (k,) their sizes.

    Returns:
        (L, *sizes); NaN where no image has the values.
    """
    cell = np.ravel_multi_index(tuple(factors.T), tuple(sizes))
    cells = int(np.prod(sizes))
    count = np.bincount(cell, minlength=cells)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(cell, latent, minlength=cells) / count for latent in mu.T]
    return np.stack(means).reshape(-1, *sizes).astype(np.float32)
