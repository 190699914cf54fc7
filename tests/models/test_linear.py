"""Principal and independent components, against NumPy's SVD and sources that are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bvtk.component import models, parse
from bvtk.data.factors import FactorTable
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.errors import UsageError
from bvtk.protocols import ImageShape

IMAGE = ImageShape(2, 4, 5)


def picture_set(images: np.ndarray) -> ImageSet:
    return ImageSet(Bytes(images), FactorTable((), np.zeros((0, 0), np.int64)), 255, {"source": "test"})


@pytest.fixture(scope="module")
def data() -> ImageSet:
    """300 pictures that four directions of unequal strength make, and a little noise."""
    rng = np.random.default_rng(0)
    strengths = np.array([100, 60, 35, 14])
    values = rng.uniform(-1, 1, (300, 4)) * strengths @ np.linalg.qr(rng.normal(size=(40, 4)))[0].T
    return picture_set(np.clip(128 + values + rng.normal(size=(300, 40)), 0, 255).astype(np.uint8).reshape(-1, *IMAGE))


def fitted(data: ImageSet, kind: str, seed: int = 0, **fields):
    model = parse(models.get(kind), fields).build(data.image_shape)
    model.fit(data, np.arange(len(data)), seed)
    return model


def pixels(data: ImageSet) -> torch.Tensor:
    return torch.from_numpy(data.images(np.arange(len(data))).astype(np.float32) / 255)


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


def test_whitening_blows_up_no_rounding() -> None:
    """Two directions alone vary: the third code is 0, and not noise of variance 1."""
    rng = np.random.default_rng(0)
    images = np.zeros((64, *IMAGE), np.uint8)
    images[:, 0, 0, :2] = rng.integers(0, 256, (64, 2))
    data = picture_set(images)
    model = fitted(data, "pca", latents=3, whiten=True)
    codes = model.encode(pixels(data))[0]
    assert codes[:, 2].abs().max() == 0
    assert np.allclose(model.decode(codes), pixels(data), atol=1e-5)


def test_independent_components_find_the_sources() -> None:
    """Three uniform sources mixed into pixels: each component is one of them, up to sign."""
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


def test_ica_that_does_not_settle_says_so(data: ImageSet) -> None:
    with pytest.warns(UserWarning, match=r"not settled within 1 iterations, its last rotation is kept"):
        model = fitted(data, "ica", latents=3, iterations=1)
    assert model.encode(pixels(data))[0].isfinite().all()


@pytest.mark.parametrize("kind", ["pca", "ica"])
def test_the_seed_alone_decides(data: ImageSet, kind: str) -> None:
    once, again, other = (fitted(data, kind, seed, latents=2, images=100) for seed in (0, 0, 1))
    assert torch.equal(once.encoder_weight, again.encoder_weight)
    assert not torch.equal(once.encoder_weight, other.encoder_weight)


@pytest.mark.parametrize("kind", ["pca", "ica"])
def test_its_state_is_all_of_it(data: ImageSet, kind: str) -> None:
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


def test_it_learns_from_training_images_alone(data: ImageSet) -> None:
    model = parse(models.get("pca"), {"latents": 2}).build(IMAGE)
    model.fit(data, np.arange(100), 0)
    assert np.allclose(model.mean, pixels(data)[:100].reshape(100, -1).mean(axis=0), atol=1e-6)


def test_more_components_than_there_can_be(data: ImageSet) -> None:
    with pytest.raises(UsageError, match="8 components were asked for, of 5 images of 2×4×5 pixels"):
        fitted(data, "pca", latents=8, images=5)
    with pytest.raises(UsageError, match="41 components"):
        fitted(data, "ica", latents=41)
