from __future__ import annotations

import numpy as np
import pytest
import torch

from bvtk.component import models, parse
from bvtk.data.imageset import ImageSet
from bvtk.errors import UsageError

from .fitting import IMAGE, fitted, pixels


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
