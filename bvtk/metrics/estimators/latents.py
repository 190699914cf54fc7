"""Statistics of the latents of a VAE that need no labels. Shapes: n images, L latents."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.protocols import ACTIVE_VARIANCE


def kl_per_latent(mu: NDArray[np.floating[Any]], logvar: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """KL(q(z|x) ‖ N(0, 1)) of each latent, averaged over the images.

    ½(μ² + σ² − 1 − log σ²), Kingma & Welling 2014, Appendix B.

    Args:
        mu: (n, L) posterior means.
        logvar: (n, L) posterior log-variances.

    Returns:
        (L,) in nats.
    """
    mu64, logvar64 = np.asarray(mu, dtype=np.float64), np.asarray(logvar, dtype=np.float64)
    return np.asarray((0.5 * (mu64**2 + np.expm1(logvar64) - logvar64)).mean(axis=0))


def active_latents(mu: NDArray[np.floating[Any]], threshold: float = ACTIVE_VARIANCE) -> NDArray[np.bool_]:
    """Which latents respond to the image: those whose posterior mean varies.

    Burda et al. 2016, "Importance Weighted Autoencoders", Section 5.2. Their number is called active units.

    Args:
        mu: (n, L) posterior means.
        threshold: the variance of μ over the images must be above this.

    Returns:
        (L,) booleans.
    """
    return np.asarray(np.var(mu, axis=0, dtype=np.float64) > threshold)
