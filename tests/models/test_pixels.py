from __future__ import annotations

import torch

from bvtk.component import models
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
