"""Principal components against NumPy's singular value decomposition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bvtk.component import models, parse
from bvtk.data.imageset import ImageSet
from bvtk.errors import UsageError

from .fitting import IMAGE, fitted, picture_set, pixels


@pytest.mark.parametrize("kind", ["pca", "ica"])
def test_the_seed_alone_decides(data: ImageSet, kind: str) -> None:
    once, again, other = (fitted(data, kind, seed, latents=2, images=100) for seed in (0, 0, 1))
    assert torch.equal(once.encoder_weight, again.encoder_weight)
    assert not torch.equal(once.encoder_weight, other.encoder_weight)


@pytest.mark.parametrize("kind", ["pca", "ica"])
def test_its_state_dict_is_complete(data: ImageSet, kind: str) -> None:
    model = fitted(data, kind, latents=3)
    loaded = parse(models.get(kind), {"latents": 3}).build(IMAGE)
    loaded.load_state_dict(model.state_dict())
    assert torch.equal(loaded.encode(pixels(data))[0], model.encode(pixels(data))[0])


def test_codes_are_float32_under_autocast(data: ImageSet) -> None:
    model = fitted(data, "pca", latents=3)
    exact = model.encode(pixels(data))[0]
    with torch.autocast("cpu", torch.bfloat16):
        z = model.encode(pixels(data).to(memory_format=torch.channels_last))[0]
        assert torch.equal(z, exact)
        assert torch.equal(model.decode(z), model.decode(exact))


def test_it_learns_only_from_training_images(data: ImageSet) -> None:
    model = parse(models.get("pca"), {"latents": 2}).build(IMAGE)
    model.fit(data, np.arange(100), 0)
    assert np.allclose(model.mean, pixels(data)[:100].reshape(100, -1).mean(axis=0), atol=1e-6)


def test_too_many_components_are_refused(data: ImageSet) -> None:
    with pytest.raises(UsageError, match="5 images of 2×4×5 pixels have at most 5 components, found 8 latents"):
        fitted(data, "pca", latents=8, images=5)
    with pytest.raises(UsageError, match="at most 40 components, found 41 latents"):
        fitted(data, "ica", latents=41)


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
