"""Convolutional encoders and decoders for images of any size that their layers can shrink.

Shapes: B images, C channels, H height, W width, L latents, O outputs.
Every layer is padded by (kernel − 1) // 2. A decoder undoes the sizes of the encoder with the same
layers, output padding included, so it meets the height and width of the images exactly.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import nn

from bvtk.errors import UsageError
from bvtk.models.dense import ACTIVATIONS, dense_stack
from bvtk.protocols import ImageShape


def padding(kernel: int) -> int:
    """Pixels of zeros around the input of a layer: halves even sizes exactly with kernels 2 and 4, stride 2."""
    return (kernel - 1) // 2


def shrink(size: int, kernel: int, stride: int) -> int:
    """The height or width after a convolution; less than 1 where the kernel is larger than the padded input."""
    return (size + 2 * padding(kernel) - kernel) // stride + 1


def sizes(image: ImageShape, kernels: Sequence[int], stride: int, names: Sequence[str]) -> list[tuple[int, int]]:
    """Height and width of an image before the first and after each of several convolutions.

    Args:
        image: shape of the images.
        kernels: one a layer, from the image on.
        stride: that of every layer.
        names: what the layers are called in an error.

    Raises:
        UsageError: where a layer's kernel is larger than what reaches it.
    """
    found = [(image.height, image.width)]
    for kernel, name in zip(kernels, names, strict=True):
        height, width = (shrink(size, kernel, stride) for size in found[-1])
        if min(height, width) < 1:
            raise UsageError(
                f"layer {name} ({kernel}×{kernel}, stride {stride}) no longer fits images of {image}: "
                f"only {found[-1][0]}×{found[-1][1]} pixels are left there",
                "use larger images, `conv` with fewer layers, or `mlp`, which takes any size",
            )
        found.append((height, width))
    return found


class ConvEncoder(nn.Module):
    """Convolutions, then linear layers.

    Args:
        image: shape of the images.
        outputs: features that come out.
        channels: output channels of the convolutions, from the image on.
        kernels: their kernel sizes.
        stride: that of every convolution.
        hidden: units of the linear layers before the last.
        activation: one of `ACTIVATIONS`, after every layer but the last.

    Raises:
        UsageError: where a convolution no longer fits the images, naming it.
    """

    def __init__(
        self,
        image: ImageShape,
        outputs: int,
        channels: Sequence[int],
        kernels: Sequence[int],
        stride: int,
        hidden: Sequence[int],
        activation: str = "relu",
    ) -> None:
        super().__init__()
        names = [f"conv{i}" for i in range(1, len(kernels) + 1)]
        height, width = sizes(image, kernels, stride, names)[-1]
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, ((before, after), kernel) in enumerate(
            zip(pairwise([image.channels, *channels]), kernels, strict=True), start=1
        ):
            layers[f"conv{i}"] = nn.Conv2d(before, after, kernel, stride, padding(kernel))
            layers[f"{activation}{i}"] = ACTIVATIONS[activation]()
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
        latents: number of latents.
        image: shape of the images.
        channels: input channels of the transposed convolutions, from the latents on; the last gives the image's.
        kernels: their kernel sizes.
        stride: that of every transposed convolution.
        hidden: units of the linear layers, before the one that fills the first channels.
        activation: one of `ACTIVATIONS`, after every layer but the last.

    Raises:
        UsageError: where a layer no longer fits the images, naming it.
    """

    def __init__(
        self,
        latents: int,
        image: ImageShape,
        channels: Sequence[int],
        kernels: Sequence[int],
        stride: int,
        hidden: Sequence[int],
        activation: str = "relu",
    ) -> None:
        super().__init__()
        names = [f"deconv{i}" for i in range(1, len(kernels) + 1)]
        steps = sizes(image, kernels[::-1], stride, names[::-1])[::-1]
        self.channels, (self.height, self.width) = channels[0], steps[0]
        self.hidden = dense_stack(latents, [*hidden, channels[0] * self.height * self.width], activation)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for i, (before, after) in enumerate(pairwise([*channels, image.channels])):
            if i > 0:
                layers[f"{activation}{i}"] = ACTIVATIONS[activation]()
            kernel, (height, width) = kernels[i], steps[i + 1]
            rest = (_remainder(height, kernel, stride), _remainder(width, kernel, stride))
            layers[names[i]] = nn.ConvTranspose2d(before, after, kernel, stride, padding(kernel), rest)
        self.convolutions = nn.Sequential(layers)

    def forward(self, z_BL: torch.Tensor) -> torch.Tensor:
        """Parameters of the likelihood (B, C, H, W) for latents (B, L)."""
        h = rearrange(self.hidden(z_BL), "b (c h w) -> b c h w", h=self.height, w=self.width)
        x_BCHW: torch.Tensor = self.convolutions(h)
        return x_BCHW


def _remainder(size: int, kernel: int, stride: int) -> int:
    # Rows that a strided convolution leaves over, and a transposed one has to add.
    return (size + 2 * padding(kernel) - kernel) % stride
