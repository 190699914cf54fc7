"""Principal components against NumPy's singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bvtk.data.imageset import ImageSet

from .fitting import IMAGE, fitted, picture_set, pixels


def svd(data: ImageSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, axes and shares of variance by NumPy's SVD, in double precision."""
    x = pixels(data).numpy().reshape(len(data), -1).astype(np.float64)
    u, s, axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return u * s, axes, s**2 / (s**2).sum()


def test_components_are_those_of_the_singular_value_decomposition(data: ImageSet) -> None:
    model = fitted(data, "pca", latents=4)
    codes, axes, share = svd(data)
    signs = np.sign(axes[np.arange(4), np.abs(axes[:4]).argmax(axis=1)])
    assert np.allclose(model.encoder_weight, axes[:4] * signs[:, None], atol=1e-4)
    assert np.allclose(model.encode(pixels(data))[0], codes[:, :4] * signs, atol=1e-4)
    assert np.allclose(model.explained_variance_ratio, share[:4], atol=1e-5)
    assert model.encode(pixels(data))[1] is None


@pytest.mark.parametrize("whiten", [False, True])
def test_decoded_codes_are_projections(data: ImageSet, whiten: bool) -> None:
    model = fitted(data, "pca", latents=3, whiten=whiten)
    codes, axes, _ = svd(data)
    x = pixels(data).numpy()
    projected = x.reshape(len(x), -1).mean(axis=0) + codes[:, :3] @ axes[:3]
    found = model.decode(model.encode(pixels(data))[0])
    assert np.allclose(found.reshape(len(x), -1), np.clip(projected, 0, 1), atol=1e-4)
    assert found.shape == x.shape
    assert model.decode(torch.full((1, 3), 1e3)).max() == 1


def test_whitened_codes_have_variance_one(data: ImageSet) -> None:
    codes = fitted(data, "pca", latents=4, whiten=True).encode(pixels(data))[0].numpy()
    assert np.allclose(np.cov(codes.T), np.eye(4), atol=1e-3)


def test_whitening_does_not_amplify_rounding_errors() -> None:
    """Only two directions vary: the third code is 0, not noise of variance 1."""
    rng = np.random.default_rng(0)
    images = np.zeros((64, *IMAGE), np.uint8)
    images[:, 0, 0, :2] = rng.integers(0, 256, (64, 2))
    data = picture_set(images)
    model = fitted(data, "pca", latents=3, whiten=True)
    codes = model.encode(pixels(data))[0]
    assert codes[:, 2].abs().max() == 0
    assert np.allclose(model.decode(codes), pixels(data), atol=1e-5)
