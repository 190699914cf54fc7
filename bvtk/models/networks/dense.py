"""Fully connected encoders and decoders.

Shapes: B images, C channels, H height, W width, L latents, O outputs.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import nn

from bvtk.protocols import ImageShape

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}
"""Activations by their names in recipes."""


def dense_stack(inputs: int, hidden: Sequence[int], activation: str) -> nn.Sequential:
    """Linear layers `fc1`, `fc2`, …, each followed by an activation of `ACTIVATIONS`."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i, (before, after) in enumerate(pairwise([inputs, *hidden]), start=1):
        layers[f"fc{i}"] = nn.Linear(before, after)
        layers[f"{activation}{i}"] = ACTIVATIONS[activation]()
    return nn.Sequential(layers)


class DenseEncoder(nn.Module):
    """Linear layers on flattened images, with an activation after each hidden layer."""

    def __init__(self, image: ImageShape, outputs: int, hidden: Sequence[int], activation: str) -> None:
        super().__init__()
        self.hidden = dense_stack(image.pixels, hidden, activation)
        self.output = nn.Linear([image.pixels, *hidden][-1], outputs)

    def forward(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        """Features (B, O) of images (B, C, H, W)."""
        x = rearrange(x_BCHW, "b c h w -> b (c h w)")
        features_BO: torch.Tensor = self.output(self.hidden(x))
        return features_BO


class DenseDecoder(nn.Module):
    """Linear layers from latents to every pixel, with an activation after each hidden layer."""

    def __init__(self, latents: int, image: ImageShape, hidden: Sequence[int], activation: str) -> None:
        super().__init__()
        self.image = image
        self.hidden = dense_stack(latents, hidden, activation)
        self.output = nn.Linear([latents, *hidden][-1], image.pixels)

    def forward(self, z_BL: torch.Tensor) -> torch.Tensor:
        """Parameters of the likelihood (B, C, H, W) for latents (B, L)."""
        c, h, _ = self.image
        x_BCHW: torch.Tensor = rearrange(self.output(self.hidden(z_BL)), "b (c h w) -> b c h w", c=c, h=h)
        return x_BCHW
