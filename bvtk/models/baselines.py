"""Codes to compare others with: the pixels of an image, and its factors.

Shapes: B images, C channels, H height, W width, k factors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bvtk.protocols import Dataset, ImageShape


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


class GroundTruth(nn.Module):
    """The factors of an image as its code; it has none until it is fitted or loaded."""

    sizes: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.latents = 0
        self.register_buffer("sizes", torch.zeros(0, dtype=torch.int64))

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Factor values (B, k) scaled to [0, 1], from the first value to the last; no posterior."""
        return x.float() / (self.sizes - 1).clamp(min=1), None

    def fit(self, dataset: Dataset, index: NDArray[np.int64], seed: int) -> None:
        """Learns the number of values of each factor."""
        del index, seed
        self._resize(len(dataset.factor_sizes))
        self.sizes.copy_(torch.tensor(dataset.factor_sizes))

    def _resize(self, factors: int) -> None:
        self.latents = factors
        self.sizes = self.sizes.new_zeros(factors)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        saved = state_dict.get(f"{prefix}sizes")
        if isinstance(saved, torch.Tensor):
            self._resize(saved.numel())
        super()._load_from_state_dict(state_dict, prefix, *rest)
