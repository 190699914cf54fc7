"""Convolutions with max-pooling, and their reverse, convolutions of unpooled images: the networks of DC-IGN.

Shapes: B images, C channels, H height, W width, L latents, O outputs.
Every convolution is 3×3, padded by 1 pixel of zeros.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import nn
from torch.nn import functional

from bvtk.errors import UsageError
from bvtk.models.networks.convolutional import dense_stack
from bvtk.protocols import ImageShape


def halvings(image: ImageShape, times: int) -> list[tuple[int, int]]:
    """Height and width of an image before the first 2×2 pooling and after each one.

    Raises:
        UsageError: if the image is too small.
    """
    found = [(image.height >> i, image.width >> i) for i in range(times + 1)]
    if min(found[-1]) < 1:
        raise UsageError(
            f"images must have at least {2**times}×{2**times} pixels for {times} poolings, found {image}",
            "use larger images, or `mlp`, which takes images of any size",
        )
    return found


class PoolEncoder(nn.Module):
    """Convolutions, each followed by 2×2 max-pooling and ReLU, then a linear layer.

    A pooling ignores the last row or column of an odd size.

    Args:
        channels: output channels of the convolutions, from the image on.

    Raises:
        UsageError: if the images are too small.
    """

    def __init__(self, image: ImageShape, outputs: int, channels: Sequence[int]) -> None:
        super().__init__()
        height, width = halvings(image, len(channels))[-1]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, (before, after) in enumerate(pairwise([image.channels, *channels]), start=1):
            layers[f"conv{i}"] = nn.Conv2d(before, after, 3, padding=1)
            # ReLU after the pooling has the same result as before it, on a quarter of the pixels.
            layers[f"pool{i}"] = nn.MaxPool2d(2)
            layers[f"relu{i}"] = nn.ReLU()
        self.convolutions = nn.Sequential(layers)
        self.output = nn.Linear([image.channels, *channels][-1] * height * width, outputs)

    def forward(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        """Features (B, O) of images (B, C, H, W)."""
        h = rearrange(self.convolutions(x_BCHW), "b c h w -> b (c h w)")
        features_BO: torch.Tensor = self.output(h)
        return features_BO


class UnpoolConv2d(nn.Conv2d):
    """Unpooling, which repeats every value in 2×2 pixels, then a 3×3 convolution.

    The 2×2 output pixels around a corner of the input's pixels depend on the 2×2 input pixels that meet there. So this
    is computed as one 2×2 convolution of the input, to four times as many channels: the same sums with less than half
    the products, and the unpooled image is never made.

    Args:
        extra: rows and columns, 0 or 1 each, that the output has in addition to twice the input's.
    """

    bias: torch.Tensor

    def __init__(self, before: int, after: int, extra: tuple[int, int] = (0, 0)) -> None:
        super().__init__(before, after, 3, padding=1)
        self.extra = extra

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """Images (B, C, 2H + extra, 2W + extra) of images (B, C, H, W)."""
        height, width = (2 * size + extra for size, extra in zip(input.shape[2:], self.extra, strict=True))
        corners = functional.conv2d(input, corner_kernel(self.weight), self.bias.repeat(4), padding=1)
        # Channels come last here as they do in memory, so that nothing is copied.
        corners = rearrange(corners, "b (s t c) h w -> b (h s) (w t) c", s=2, t=2)
        return rearrange(corners[:, 1 : 1 + height, 1 : 1 + width], "b h w c -> b c h w")


def corner_kernel(weight: torch.Tensor) -> torch.Tensor:
    """The 2×2 kernel on an image that is equal to a 3×3 kernel on the unpooled image.

    Along each axis, the output pixel before a corner weighs the input pixel before the corner by w₀ + w₁ and the one
    after it by w₂; the output pixel after the corner weighs them by w₀ and w₁ + w₂.

    Weights (O, I, 3, 3) become (4·O, I, 2, 2): all outputs above left of the corner, then above right, below left,
    below right.
    """
    kernel = _around_corner(_around_corner(weight, dim=-2), dim=-1)
    return rearrange(kernel, "t s o i h w -> (s t o) i h w")


def _around_corner(weight: torch.Tensor, dim: int) -> torch.Tensor:
    first, middle, last = weight.unbind(dim)
    return torch.stack([torch.stack([first + middle, last], dim), torch.stack([first, middle + last], dim)])


class UnpoolDecoder(nn.Module):
    """A linear layer, then unpooling convolutions, each of which doubles height and width.

    Args:
        channels: input channels of the convolutions, from the latents on; the last one outputs the image.

    Raises:
        UsageError: if the images are too small.
    """

    def __init__(self, latents: int, image: ImageShape, channels: Sequence[int]) -> None:
        super().__init__()
        steps = halvings(image, len(channels))[::-1]
        self.height, self.width = steps[0]
        self.hidden = dense_stack(latents, [channels[0] * self.height * self.width], "relu")
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, (before, after) in enumerate(pairwise([*channels, image.channels]), start=1):
            if i > 1:
                layers[f"relu{i - 1}"] = nn.ReLU()
            height, width = steps[i]
            layers[f"conv{i}"] = UnpoolConv2d(before, after, (height % 2, width % 2))
        self.convolutions = nn.Sequential(layers)

    def forward(self, z_BL: torch.Tensor) -> torch.Tensor:
        """Parameters of the likelihood (B, C, H, W) for latents (B, L)."""
        h = rearrange(self.hidden(z_BL), "b (c h w) -> b c h w", h=self.height, w=self.width)
        x_BCHW: torch.Tensor = self.convolutions(h)
        return x_BCHW
