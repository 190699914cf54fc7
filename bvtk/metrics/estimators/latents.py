"""Statistics of latents. Shapes: n images, L latents, k factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.protocols import ACTIVE_VARIANCE


def kl_per_latent(mu: NDArray[np.floating[Any]], logvar: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """KL(q(z|x) ‖ N(0, 1)) of each latent in nats (L,), averaged over the images.

    ½(μ² + σ² − 1 − log σ²), Kingma & Welling 2014, Appendix B, from posterior means and log-variances, both (n, L).
    """
    mu64, logvar64 = np.asarray(mu, dtype=np.float64), np.asarray(logvar, dtype=np.float64)
    return np.asarray((0.5 * (mu64**2 + np.expm1(logvar64) - logvar64)).mean(axis=0))


def active_latents(mu: NDArray[np.floating[Any]], threshold: float = ACTIVE_VARIANCE) -> NDArray[np.bool_]:
    """Which latents (L,) respond to the image: those whose mean (n, L) has a variance above the threshold.

    Burda et al. 2016, "Importance Weighted Autoencoders", Section 5.2. Their number is called active units.
    """
    return np.asarray(np.var(mu, axis=0, dtype=np.float64) > threshold)


def mean_activation(
    mu: NDArray[np.floating[Any]], factors: NDArray[np.integer[Any]], sizes: Sequence[int]
) -> NDArray[np.float32]:
    """The mean of every latent over all images with the same values of the given factors.

    Higgins et al. 2017, "beta-VAE", Figure 7.

    From means (n, L), and factors (n, k) from 0 to the sizes (k,) − 1.

    Returns:
        (L, *sizes); NaN for values that no image has.
    """
    cell = np.ravel_multi_index(tuple(factors.T), tuple(sizes))
    cells = int(np.prod(sizes))
    count = np.bincount(cell, minlength=cells)
    with np.errstate(invalid="ignore"):
        means = [np.bincount(cell, latent, minlength=cells) / count for latent in mu.T]
    return np.stack(means).reshape(-1, *sizes).astype(np.float32)
