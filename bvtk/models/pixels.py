"""The pixels of an image as its code. Shapes: B images, C channels, H height, W width."""

from __future__ import annotations

import torch
from torch import nn

from bvtk.protocols import ImageShape


class Pixels(nn.Module):
    """The pixels of an image as its code."""

    def __init__(self, image: ImageShape) -> None:
        super().__init__()
        self.latents = image.pixels
        self._image = image

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """The pixels (B, C·H·W) of images (B, C, H, W) in [0, 1]; no posterior."""
        return x.float().flatten(1), None

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Images (B, C, H, W) in [0, 1] with these pixels (B, C·H·W)."""
        return z.float().clamp(0, 1).reshape(-1, *self._image)
