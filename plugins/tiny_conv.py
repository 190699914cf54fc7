"""An encoder in one class: to write your own, copy and rename this file, and change `build`.

In a recipe: `encoder: tiny_conv` or `encoder: {type: tiny_conv, width: 32}`; see `recipes/tiny_encoder.yaml`.
`bvtk check-plugin plugins/tiny_conv.py` checks it on several image shapes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import PositiveInt

import bvtk

if TYPE_CHECKING:
    from torch import nn


@bvtk.register_encoder("tiny_conv")
class TinyConv(bvtk.EncoderSpec):
    """Three 3×3 convolutions and a linear layer: a tenth of a million parameters, for images of any size."""

    width: PositiveInt = 16
    """Channels of the first convolution; each further convolution has twice as many as the one before."""

    def build(self, image: bvtk.ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        # torch is imported here, not at the top, so that `bvtk ls` and `validate` stay fast.
        from torch import nn

        channels = [image.channels, self.width, 2 * self.width, 4 * self.width]
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [nn.Conv2d(before, after, kernel_size=3, stride=2, padding=1), nn.SiLU()]
        # Each convolution halves the image, rounded up.
        height, width = -(-image.height // 8), -(-image.width // 8)
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * height * width, outputs))
