"""Independent components against known sources."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bvtk.data.imageset import ImageSet

from .fitting import IMAGE, fitted, picture_set, pixels


def test_independent_components_find_the_sources() -> None:
    """Three uniform sources are mixed into pixels; each component is one of them, up to sign."""
    rng = np.random.default_rng(0)
    sources = rng.uniform(-1, 1, (3000, 3))
    values = 127 + 30 * sources @ rng.uniform(-1, 1, (3, IMAGE.pixels))
    data = picture_set(np.rint(values).clip(0, 255).astype(np.uint8).reshape(-1, *IMAGE))
    model = fitted(data, "ica", latents=3)
    codes = model.encode(pixels(data))[0].numpy()
    correlation = np.abs(np.corrcoef(codes.T, sources.T)[:3, 3:])
    assert sorted(correlation.argmax(axis=1)) == [0, 1, 2]
    assert correlation.max(axis=1).min() > 0.99
    assert np.allclose(np.cov(codes.T), np.eye(3), atol=1e-2)
    assert np.allclose(model.decode(torch.from_numpy(codes)), pixels(data), atol=0.02)
    assert model.explained_variance_ratio.sum() == pytest.approx(
        fitted(data, "pca", latents=3).explained_variance_ratio.sum()
    )


def test_components_of_norm_one(data: ImageSet) -> None:
    """300 images: codes are √300 times smaller, images the same."""
    usual, small = (fitted(data, "ica", latents=3, unit=unit) for unit in ("variance", "norm"))
    codes = small.encode(pixels(data))[0]
    assert np.allclose(codes.square().sum(dim=0), 1, atol=0.01)
    assert np.allclose(codes * 300**0.5, usual.encode(pixels(data))[0], atol=1e-4)
    assert np.allclose(small.decode(codes), usual.decode(usual.encode(pixels(data))[0]), atol=1e-5)


def test_ica_warns_if_it_does_not_converge(data: ImageSet) -> None:
    with pytest.warns(UserWarning, match=r"did not converge in 1 iterations, so its last rotation is used"):
        model = fitted(data, "ica", latents=3, iterations=1)
    assert model.encode(pixels(data))[0].isfinite().all()
