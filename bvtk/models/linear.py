"""The linear model: a code that is a matrix times the centred pixels, such as principal or independent components.

Shapes: B images, C channels, H height, W width, L latents, P = C·H·W pixels, N images that the model is fitted on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F  # noqa: N812

from bvtk.errors import UsageError
from bvtk.protocols import Dataset, ImageShape

Floats = NDArray[np.floating[Any]]


class Maps(NamedTuple):
    """A linear code of centred pixels, with the fraction of their variance that each latent explains, (L,).

    The encoder (L, P) maps centred pixels to the code, the decoder (P, L) the code to centred pixels.
    """

    encoder: Floats
    decoder: Floats
    share: Floats


Learner = Callable[[NDArray[np.float32], int, int], Maps]
"""Computes the maps from centred pixels (N, P), the number of latents and a seed."""


class Linear(nn.Module):
    """A code that is a matrix times the centred pixels, and images that are another matrix times the code.

    Args:
        images: maximum number of training images to fit it on, drawn by the seed.
        learner: computes the matrices; it may overwrite the pixels that it is given.
    """

    mean: torch.Tensor
    encoder_weight: torch.Tensor
    decoder_weight: torch.Tensor
    explained_variance_ratio: torch.Tensor

    def __init__(self, image: ImageShape, latents: int, images: int, learner: Learner) -> None:
        super().__init__()
        self.latents = latents
        self._image = image
        self._images = images
        self._learner = learner
        self.register_buffer("mean", torch.zeros(image.pixels))
        self.register_buffer("encoder_weight", torch.zeros(latents, image.pixels))
        self.register_buffer("decoder_weight", torch.zeros(image.pixels, latents))
        self.register_buffer("explained_variance_ratio", torch.zeros(latents))

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Codes (B, L) of images (B, C, H, W) in [0, 1], float32 under autocast too; no posterior."""
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.float().flatten(1) - self.mean, self.encoder_weight), None

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Images (B, C, H, W) of codes (B, L), clamped to [0, 1]; float32 under autocast too."""
        with torch.autocast(z.device.type, enabled=False):
            x_BP = F.linear(z.float(), self.decoder_weight, self.mean)
        return x_BP.clamp(0, 1).reshape(-1, *self._image)

    def fit(self, dataset: Dataset, index: NDArray[np.int64], seed: int) -> None:
        """Learns from images of these indices (n,).

        Raises:
            UsageError: if there are fewer images or pixels than latents.
        """
        count = min(self._images, len(index))
        if self.latents > (most := min(count, self._image.pixels)):
            raise UsageError(
                f"{count} images of {self._image} pixels have at most {most} components, found {self.latents} latents",
                f"set model.latents to at most {most}",
            )
        chosen = np.sort(np.random.default_rng(seed).choice(index, count, replace=False))
        x_NP = dataset.images(chosen).reshape(count, -1).astype(np.float32)
        x_NP /= dataset.peak
        mean_P = x_NP.mean(axis=0, dtype=np.float64).astype(np.float32)
        x_NP -= mean_P
        learned = (mean_P, *self._learner(x_NP, self.latents, seed))
        for buffer, value in zip(self.buffers(), learned, strict=True):  # in the order of registration
            buffer.copy_(torch.from_numpy(np.ascontiguousarray(value, np.float32)))


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


def independent(centred_NP: NDArray[np.float32], latents: int, seed: int, *, iterations: int, unit: str) -> Maps:
    """Independent components: whitened principal components, rotated to be as independent as possible.

    Symmetric FastICA with the contrast log cosh. Hyvärinen & Oja 2000.

    They have a variance or a norm of 1 over the N images, as `unit` says. The seed draws the initial rotation. If the
    iterations do not suffice to converge, the last rotation is used, with a warning.
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
