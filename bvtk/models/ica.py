"""Independent components of pixels. Shapes: L latents, P pixels, N images that the model is fitted on."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from bvtk.models.linear import Maps
from bvtk.models.pca import principal


def independent(centred_NP: NDArray[np.float32], latents: int, seed: int, *, iterations: int, unit: str) -> Maps:
    """Independent components: whitened principal components, rotated to be as independent as possible.

    Symmetric FastICA with the contrast log cosh. Hyvärinen & Oja 2000.

    Args:
        centred_NP: images minus their mean.
        latents: number of components, at most N and P.
        seed: of the initial rotation.
        iterations: maximum number; without convergence, the last rotation is used, with a warning.
        unit: what is 1 for every component over the N images, `variance` or `norm`.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    encoder_LP, decoder_PL, share_L = principal(centred_NP, latents, seed, whiten=True)
    ica = FastICA(whiten=False, max_iter=iterations, random_state=seed % 2**32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        ica.fit((centred_NP @ encoder_LP.T).astype(np.float64))
    if any(issubclass(warning.category, ConvergenceWarning) for warning in caught):
        warnings.warn(
            f"FastICA did not converge in {iterations} iterations, so its last rotation is used. Raise "
            "model.iterations, unless some components are nearly normal: these never converge.",
            stacklevel=2,
        )
    rotation_LL = ica.components_
    size = 1 if unit == "variance" else len(centred_NP) ** -0.5
    return Maps(size * rotation_LL @ encoder_LP, decoder_PL @ rotation_LL.T / size, rotation_LL**2 @ share_L)
