"""One encoder from an installed package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bvtk

if TYPE_CHECKING:
    from torch import nn


@bvtk.register_encoder("packaged_linear")
class PackagedLinear(bvtk.EncoderSpec):
    """A linear map."""

    def build(self, image: bvtk.ImageShape, outputs: int) -> nn.Module:
        """The map for these images."""
        from torch import nn

        return nn.Sequential(nn.Flatten(), nn.Linear(image.pixels, outputs))
