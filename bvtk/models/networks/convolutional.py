"""Dense and convolutional encoders and decoders.

Shapes: B images, C channels, H height, W width, L latents, O outputs.
Every convolution is padded by (kernel − 1) // 2. A decoder has the sizes of the encoder with the same layers in
reverse, output padding included, so its output has exactly the height and width of the images.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import nn

from bvtk.errors import UsageError
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


def padding(kernel: int) -> int:
    """Zeros on each side of a layer's input; kernels of 2 and 4 with stride 2 then halve even sizes exactly."""
    return (kernel - 1) // 2


def shrink(size: int, kernel: int, stride: int) -> int:
    """The height or width after a convolution; less than 1 if the kernel is larger than the padded input."""
    return (size + 2 * padding(kernel) - kernel) // stride + 1


def sizes(image: ImageShape, kernels: Sequence[int], stride: int, names: Sequence[str]) -> list[tuple[int, int]]:
    """Height and width of an image before the first convolution and after each one; their names are for errors.

    Raises:
        UsageError: if a layer's kernel is larger than its padded input.
    """
    found = [(image.height, image.width)]
    for kernel, name in zip(kernels, names, strict=True):
        height, width = (shrink(size, kernel, stride) for size in found[-1])
        if min(height, width) < 1:
            raise UsageError(
                f"layer {name} ({kernel}×{kernel}, stride {stride}) does not fit images of {image}: "
                f"its input has only {found[-1][0]}×{found[-1][1]} pixels",
                "use larger images, `conv` with fewer layers, or `mlp`, which takes images of any size",
            )
        found.append((height, width))
    return found


class ConvEncoder(nn.Module):
    """Convolutions, then linear layers.

    Args:
        channels: output channels of the convolutions, from the image on.
        hidden: units of the linear layers before the last.
        activation: one of `ACTIVATIONS`, after every layer except the last.

    Raises:
        UsageError: if a convolution does not fit the images.
    """

    def __init__(
        self,
        image: ImageShape,
        outputs: int,
        channels: Sequence[int],
        kernels: Sequence[int],
        stride: int,
        hidden: Sequence[int],
        activation: str,
    ) -> None:
        super().__init__()
        names = [f"conv{i}" for i in range(1, len(kernels) + 1)]
        height, width = sizes(image, kernels, stride, names)[-1]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, (before, after) in enumerate(pairwise([image.channels, *channels])):
            layers[names[i]] = nn.Conv2d(before, after, kernels[i], stride, padding(kernels[i]))
            layers[f"{activation}{i + 1}"] = ACTIVATIONS[activation]()
        features = [image.channels, *channels][-1] * height * width
        self.convolutions = nn.Sequential(layers)
        self.hidden = dense_stack(features, hidden, activation)
        self.output = nn.Linear([features, *hidden][-1], outputs)

    def forward(self, x_BCHW: torch.Tensor) -> torch.Tensor:
        """Features (B, O) of images (B, C, H, W)."""
        h = rearrange(self.convolutions(x_BCHW), "b c h w -> b (c h w)")
        features_BO: torch.Tensor = self.output(self.hidden(h))
        return features_BO


class ConvDecoder(nn.Module):
    """Linear layers, then transposed convolutions.

    Args:
        channels: input channels of the transposed convolutions, from the latents on; the last one outputs the image.
        hidden: units of the linear layers before the one that gives the first convolution its input.
        activation: one of `ACTIVATIONS`, after every layer except the last.

    Raises:
        UsageError: if a layer does not fit the images.
    """

    def __init__(
        self,
        latents: int,
        image: ImageShape,
        channels: Sequence[int],
        kernels: Sequence[int],
        stride: int,
        hidden: Sequence[int],
        activation: str,
    ) -> None:
        super().__init__()
        names = [f"deconv{i}" for i in range(1, len(kernels) + 1)]
        steps = sizes(image, kernels[::-1], stride, names[::-1])[::-1]
        self.height, self.width = steps[0]
        self.hidden = dense_stack(latents, [*hidden, channels[0] * self.height * self.width], activation)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, (before, after) in enumerate(pairwise([*channels, image.channels])):
            if i > 0:
                layers[f"{activation}{i}"] = ACTIVATIONS[activation]()
            kernel, pad = kernels[i], padding(kernels[i])
            # Rows and columns at the edge that a strided convolution ignores and a transposed one has to add.
            height, width = ((size + 2 * pad - kernel) % stride for size in steps[i + 1])
            layers[names[i]] = nn.ConvTranspose2d(before, after, kernel, stride, pad, (height, width))
        self.convolutions = nn.Sequential(layers)

    def forward(self, z_BL: torch.Tensor) -> torch.Tensor:
        """Parameters of the likelihood (B, C, H, W) for latents (B, L)."""
        h = rearrange(self.hidden(z_BL), "b (c h w) -> b c h w", h=self.height, w=self.width)
        x_BCHW: torch.Tensor = self.convolutions(h)
        return x_BCHW
