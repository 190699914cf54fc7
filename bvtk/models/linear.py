"""Linear models: principal and independent components of pixels.

Shapes: B images, C channels, H height, W width, L latents, P = C·H·W pixels, N images that it is fitted on.
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

_NO_VARIANCE = 1e-6
"""Standard deviations of components, in parts of the first, below which there is nothing but rounding."""


class Maps(NamedTuple):
    """A linear code of centred pixels.

    Attributes:
        encoder: (L, P), from centred pixels to the code.
        decoder: (P, L), from the code to the nearest centred pixels that it can make.
        share: (L,), the variance of the pixels that each latent makes, in parts of the whole.
    """

    encoder: Floats
    decoder: Floats
    share: Floats


Learner = Callable[[NDArray[np.float32], int, int], Maps]
"""Finds a code of some number of latents in centred pixels (N, P), with a seed."""


class Linear(nn.Module):
    """A model whose code is a matrix times the centred pixels, and whose images are another times the code.

    Args:
        image: shape of the images.
        latents: number of latents, L.
        images: how many training images it is fitted on, drawn by the seed; all where there are fewer.
        learner: finds the matrices; it may overwrite the pixels that it is given.
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
        """Codes (B, L) of images (B, C, H, W) in [0, 1], which have no posterior; float32, under autocast too."""
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.float().flatten(1) - self.mean, self.encoder_weight), None

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Images (B, C, H, W) of codes (B, L), clamped to [0, 1]; float32, under autocast too."""
        with torch.autocast(z.device.type, enabled=False):
            x_BP = F.linear(z.float(), self.decoder_weight, self.mean)
        return x_BP.clamp(0, 1).reshape(-1, *self._image)

    def fit(self, dataset: Dataset, index: NDArray[np.int64], seed: int) -> None:
        """Learns from images of these indices (n,).

        Raises:
            UsageError: where there are fewer images or pixels than latents.
        """
        count = min(self._images, len(index))
        if self.latents > min(count, self._image.pixels):
            raise UsageError(
                f"{self.latents} components were asked for, of {count} images of {self._image} pixels",
                "lower model.latents, or give more images",
            )
        chosen = np.sort(np.random.default_rng(seed).choice(index, count, replace=False))
        x_NP = dataset.images(chosen).reshape(count, -1).astype(np.float32)
        x_NP /= dataset.peak
        mean_P = x_NP.mean(axis=0, dtype=np.float64).astype(np.float32)
        x_NP -= mean_P
        maps = self._learner(x_NP, self.latents, seed)
        self._set("mean", mean_P)
        self._set("encoder_weight", maps.encoder)
        self._set("decoder_weight", maps.decoder)
        self._set("explained_variance_ratio", maps.share)

    def _set(self, name: str, value: Floats) -> None:
        self.get_buffer(name).copy_(torch.from_numpy(np.ascontiguousarray(value, np.float32)))


def principal(centred_NP: NDArray[np.float32], latents: int, seed: int, *, whiten: bool) -> Maps:
    """Principal components, by falling variance; of each, the entry that is largest in size is positive.

    Exact, or for many large images by the randomised SVD of Halko, Martinsson & Tropp 2011 (0909.4061).

    Args:
        centred_NP: images less their mean.
        latents: how many components, at most N and P.
        seed: of the randomised SVD.
        whiten: whether codes have variance 1; those that would be nothing but rounding are 0.
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
    """Independent components: the whitened principal ones, rotated until they are as independent as can be.

    FastICA, symmetric, with log cosh for the contrast. Hyvärinen & Oja 2000.

    Args:
        centred_NP: images less their mean.
        latents: how many components, at most N and P.
        seed: of the rotation that it starts from.
        iterations: at most; where they don't suffice, a warning says so and the last rotation is kept.
        unit: what is 1 of every component over the N images, `variance` or `norm`.
    """
    encoder_LP, decoder_PL, share_L = principal(centred_NP, latents, seed, whiten=True)
    rotation_LL = _rotation(centred_NP @ encoder_LP.T, iterations, seed)
    size = 1 if unit == "variance" else len(centred_NP) ** -0.5
    return Maps(size * rotation_LL @ encoder_LP, decoder_PL @ rotation_LL.T / size, rotation_LL**2 @ share_L)


def _rotation(whitened_NL: Floats, iterations: int, seed: int) -> Floats:
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning

    ica = FastICA(whiten=False, max_iter=iterations, random_state=seed % 2**32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        ica.fit(whitened_NL.astype(np.float64))
    if any(issubclass(warning.category, ConvergenceWarning) for warning in caught):
        warnings.warn(
            f"FastICA has not settled within {iterations} iterations, its last rotation is kept: raise "
            "model.iterations, which is in vain where components are so near to normal that they keep turning",
            stacklevel=2,
        )
    return np.asarray(ica.components_)
