"""How each latent depends on the factors: the mean activations of Figure 7 of the β-VAE paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mean_activation(
    mu: NDArray[np.floating[Any]], factors: NDArray[np.integer[Any]], sizes: Sequence[int]
) -> NDArray[np.float32]:
    """The mean of every latent over all images with the same values of the given factors.

    Higgins et al. 2017, Figure 7.

    Args:
        mu: (n, L) posterior means.
        factors: (n, k) the values of these factors, each from 0 to its size − 1.
        sizes: (k,) their sizes.

    Returns:
        (L, *sizes); NaN for values that no image has.
    """
    cell = np.ravel_multi_index(tuple(factors.T), tuple(sizes))
    cells = int(np.prod(sizes))
    count = np.bincount(cell, minlength=cells)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(cell, latent, minlength=cells) / count for latent in mu.T]
    return np.stack(means).reshape(-1, *sizes).astype(np.float32)
