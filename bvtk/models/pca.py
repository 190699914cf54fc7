"""Principal components of pixels. Shapes: L latents, P pixels, N images that the model is fitted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bvtk.models.linear import Maps

_NO_VARIANCE = 1e-6
"""Standard deviations of components that are rounding errors are below this fraction of the first one."""


def principal(centred_NP: NDArray[np.float32], latents: int, seed: int, *, whiten: bool) -> Maps:
    """Principal components, in order of decreasing variance; the largest entry of each, in size, is positive.

    Exact, or for many large images by the randomised SVD of Halko, Martinsson & Tropp 2011 (0909.4061). Whitened codes
    have variance 1; those that would only be rounding errors are 0.
    """
    from sklearn.decomposition import PCA

    found = PCA(latents, copy=False, random_state=seed % 2**32).fit(centred_NP)
    axes_LP, share_L = found.components_, found.explained_variance_ratio_
    if not whiten:
        return Maps(axes_LP, axes_LP.T, share_L)
    std_L = np.sqrt(np.maximum(found.explained_variance_, 0))
    std_L[std_L <= _NO_VARIANCE * std_L.max()] = 0
    inverse_L = np.divide(1, std_L, out=np.zeros_like(std_L), where=std_L > 0)
    return Maps(axes_LP * inverse_L[:, None], axes_LP.T * std_L, share_L)
