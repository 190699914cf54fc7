"""A residual encoder, and a schedule for β and learning rates: two components in one file.

`recipes/plugins.yaml` uses both. `bvtk check-plugin plugins/residual.py` checks them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field, PositiveInt

import bvtk

if TYPE_CHECKING:
    import torch
    from torch import nn


@bvtk.register_encoder("residual")
class Residual(bvtk.EncoderSpec):
    """Strided convolutions with pre-activation residual blocks between them, for images of any size.

    He et al. 2016 (1603.05027), without batch normalisation, so that codes do not depend on the batch.
    """

    channels: tuple[PositiveInt, ...] = Field(default=(16, 32, 64, 64), min_length=1)
    """Channels of each stage; every stage halves the image, rounded up."""

    blocks: PositiveInt = 1
    """Residual blocks in each stage."""

    hidden: PositiveInt = 256
    """Units of the dense layer before the last."""

    def build(self, image: bvtk.ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from torch import nn

        layers: list[nn.Module] = []
        channels, height, width = image
        for after in self.channels:
            layers.append(nn.Conv2d(channels, after, kernel_size=3, stride=2, padding=1))
            layers += [_residual_block(after) for _ in range(self.blocks)]
            channels, height, width = after, -(-height // 2), -(-width // 2)
        layers += [nn.ReLU(), nn.Flatten(), nn.Linear(channels * height * width, self.hidden)]
        return nn.Sequential(*layers, nn.ReLU(), nn.Linear(self.hidden, outputs))


def _residual_block(channels: int) -> nn.Module:
    # The class is inside a function, so that torch is only imported when a network is built.
    from torch import nn

    class ResidualBlock(nn.Module):
        """x + f(x); f is a ReLU and a 3×3 convolution, twice."""

        def __init__(self) -> None:
            super().__init__()
            self.change = nn.Sequential(
                nn.ReLU(),
                nn.Conv2d(channels, channels, kernel_size=3, padding=1),
                nn.ReLU(),
                nn.Conv2d(channels, channels, kernel_size=3, padding=1),
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """Images (B, channels, H, W) of the same shape."""
            changed: torch.Tensor = x + self.change(x)
            return changed

    return ResidualBlock()


@bvtk.register_schedule("warm_restarts")
class WarmRestarts(bvtk.ScheduleSpec):
    """Repeated half cosine waves from start to end, each longer than the one before.

    Loshchilov & Hutter 2017 (1608.03983), equation 5, for a falling learning rate. A rising β is annealed cyclically
    (Fu et al. 2019, 1903.10145), in growing cycles.
    """

    start: float = 0.0
    """Value at the beginning of each cycle."""

    end: float = Field(examples=[4.0])
    """Value at the end of each cycle."""

    first: PositiveInt = 500
    """Length of the first cycle, in training steps."""

    growth: PositiveInt = 2
    """Length of each cycle, as a multiple of the one before."""

    def value_at(self, step: int, training_steps: int) -> float:  # noqa: ARG002
        """The value at a step."""
        done, length = _cycle(step, self.first, self.growth)
        fraction = (1 - math.cos(math.pi * done / length)) / 2
        return (1 - fraction) * self.start + fraction * self.end

    def bounds(self) -> tuple[float, float]:
        """The lower and the higher end."""
        return (min(self.start, self.end), max(self.start, self.end))


def _cycle(step: int, first: int, growth: int) -> tuple[int, int]:
    """The number of steps since the beginning of a step's cycle, and the length of the cycle."""
    if growth == 1:
        return step % first, first
    length = first
    while step >= length:
        step, length = step - length, length * growth
    return step, length
