from __future__ import annotations

import numpy as np
import pytest
import torch

from bvtk.component import models
from bvtk.data.factors import FactorGrid, FactorTable
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.protocols import ImageShape


def test_pixels_are_their_own_code() -> None:
    image = ImageShape(3, 4, 2)
    model = models.get("pixels")().build(image)
    x = torch.rand(5, *image).to(memory_format=torch.channels_last)
    z, logvar = model.encode(x)
    assert logvar is None
    assert model.latents == z.shape[1] == 24
    assert z[1].tolist() == [x[1, c, h, w].item() for c in range(3) for h in range(4) for w in range(2)]
    assert torch.equal(model.decode(z), x)
    assert model.state_dict() == {}


IMAGE = ImageShape(3, 4, 2)


def images_with(factors: FactorGrid | FactorTable) -> ImageSet:
    return ImageSet(Bytes(np.zeros((len(factors), *IMAGE), np.uint8)), factors, 255, {})


def test_factors_are_scaled_from_the_first_value_to_the_last() -> None:
    model = models.get("ground_truth")().build(IMAGE)
    model.fit(images_with(FactorGrid(("shape", "constant", "x"), (3, 1, 5))), np.arange(2), 0)
    z, logvar = model.encode(torch.tensor([[0, 0, 4], [1, 0, 1], [2, 0, 0]]))
    assert z.dtype == torch.float32
    assert z.tolist() == [[0, 0, 1], [0.5, 0, 0.25], [1, 0, 0]]
    assert logvar is None
    assert model.latents == 3


def test_any_number_of_factors_can_be_loaded() -> None:
    fitted = models.get("ground_truth")().build(IMAGE)
    fitted.fit(images_with(FactorGrid(("a", "b"), (3, 2))), np.arange(2), 0)
    loaded = models.get("ground_truth")().build(IMAGE)
    assert loaded.latents == 0
    loaded.load_state_dict(fitted.state_dict())
    assert loaded.latents == 2
    assert loaded.encode(torch.tensor([[2, 1]]))[0].tolist() == [[1, 1]]
    with pytest.raises(RuntimeError, match="Missing key"):
        loaded.load_state_dict({})
