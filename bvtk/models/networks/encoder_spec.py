"""The encoders in recipes. Parameter counts are for 64×64×1 images and 10 latents (20 outputs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PositiveInt

from bvtk.component import EncoderSpec, register_encoder
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from torch import nn

Activation = Literal["relu", "leaky_relu", "tanh", "elu", "gelu", "silu"]
"""Activation of a hidden layer."""
Layers = tuple[PositiveInt, ...]
"""Units or channels of several layers, in the order of the forward pass."""
SomeLayers = Annotated[Layers, Field(min_length=1)]
"""At least one layer."""


@register_encoder("higgins_fc")
class HigginsFc(EncoderSpec):
    """The paper's encoder for 2D shapes: two dense layers of 1200, ReLU (6.4 M parameters).

    Higgins et al. 2017, table 1. Takes images of any size.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        return Mlp(hidden=(1200, 1200), activation="relu").build(image, outputs)


@register_encoder("higgins_conv")
class HigginsConv(EncoderSpec):
    """The paper's encoder for chairs and faces: four 4×4 convolutions of 32, 32, 64, 64, dense 256 (0.38 M parameters).

    Higgins et al. 2017, table 1. Takes images of at least 16×16 pixels.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        return Conv(channels=(32, 32, 64, 64), kernel=4, stride=2, hidden=(256,)).build(image, outputs)


@register_encoder("burgess")
class Burgess(EncoderSpec):
    """Four 4×4 convolutions of 32 channels, two dense layers of 256 (0.25 M parameters).

    Burgess et al. 2018 (1804.03599), section A.1. Takes images of at least 16×16 pixels.
    """

    hidden: PositiveInt = 256
    """Units of each of the two dense layers."""

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        return Conv(channels=(32,) * 4, kernel=4, stride=2, hidden=(self.hidden,) * 2).build(image, outputs)


@register_encoder("locatello")
class Locatello(EncoderSpec):
    """disentanglement_lib's encoder: 4×4 convolutions of 32, 32, 2×2 of 64, 64, dense 256 (0.31 M parameters).

    Locatello et al. 2019 (1811.12359), table 1. Takes images of at least 16×16 pixels.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        from bvtk.models.networks.convolutional import ConvEncoder

        return ConvEncoder(image, outputs, (32, 32, 64, 64), (4, 4, 2, 2), stride=2, hidden=(256,), activation="relu")


@register_encoder("mlp")
class Mlp(EncoderSpec):
    """Dense layers of any number and width, for images of any size."""

    hidden: Layers = (256, 256)
    """Units of each hidden layer, from the image on; may be empty, for a linear map."""

    activation: Activation = "relu"
    """Activation after each hidden layer."""

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        from bvtk.models.networks.convolutional import DenseEncoder

        return DenseEncoder(image, outputs, self.hidden, self.activation)


@register_encoder("conv")
class Conv(EncoderSpec):
    """Convolutions of any number and width, then dense layers, for images of any size.

    Each convolution is padded by (kernel − 1) // 2. Stride 2 halves the image, rounded down for even kernels and up
    for odd ones.
    """

    channels: SomeLayers = (32, 32, 64, 64)
    """Output channels of each convolution, from the image on."""

    kernel: PositiveInt = 4
    """Height and width of every kernel, in pixels."""

    stride: PositiveInt = 2
    """Stride of every convolution, in pixels."""

    hidden: Layers = (256,)
    """Units of each dense layer after the convolutions; may be empty."""

    activation: Activation = "relu"
    """Activation after each layer except the last."""

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        from bvtk.models.networks.convolutional import ConvEncoder

        kernels = (self.kernel,) * len(self.channels)
        return ConvEncoder(image, outputs, self.channels, kernels, self.stride, self.hidden, self.activation)


@register_encoder("dc_ign")
class DcIgn(EncoderSpec):
    """DC-IGN's encoder: 3×3 convolutions of 96, 48, 48, each with ReLU and 2×2 max-pooling (0.12 M parameters).

    Kulkarni et al. 2015 (1503.03167), as adapted by Higgins et al. 2017 to 2D shapes. Takes images of at least 8×8
    pixels.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        from bvtk.models.networks.pooling import PoolEncoder

        return PoolEncoder(image, outputs, (96, 48, 48))
