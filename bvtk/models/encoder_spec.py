"""The encoders as recipes declare them. Parameter counts are for 64×64×1 images and 10 latents (20 outputs)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, PositiveInt

from bvtk.component import EncoderSpec, register_encoder
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from torch import nn

Activation = Literal["relu", "leaky_relu", "tanh", "elu", "gelu", "silu"]
"""What follows a hidden layer."""
Layers = tuple[PositiveInt, ...]
"""Units or channels of several layers, in the order in which data pass through them."""
SomeLayers = Annotated[Layers, Field(min_length=1)]
"""At least one layer."""


@register_encoder("higgins_fc")
class HigginsFc(EncoderSpec):
    """The paper's for 2D shapes: two dense layers of 1200, ReLU (6.4 M parameters).

    Higgins et al. 2017, table 1. Takes images of any size.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.dense import DenseEncoder

        return DenseEncoder(image, outputs, (1200, 1200), "relu")


@register_encoder("higgins_conv")
class HigginsConv(EncoderSpec):
    """The paper's for chairs and faces: four 4×4 convolutions of 32, 32, 64, 64, dense 256 (0.38 M parameters).

    Higgins et al. 2017, table 1. Takes images of 16×16 pixels and more.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.convolutional import ConvEncoder

        return ConvEncoder(image, outputs, (32, 32, 64, 64), (4, 4, 4, 4), stride=2, hidden=(256,))


@register_encoder("burgess")
class Burgess(EncoderSpec):
    """Four 4×4 convolutions of 32 channels, two dense layers of 256 (0.25 M parameters).

    Burgess et al. 2018 (1804.03599), section A.1. Takes images of 16×16 pixels and more.
    """

    hidden: PositiveInt = 256
    """Units of each of the two dense layers."""

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.convolutional import ConvEncoder

        return ConvEncoder(image, outputs, (32,) * 4, (4,) * 4, stride=2, hidden=(self.hidden, self.hidden))


@register_encoder("locatello")
class Locatello(EncoderSpec):
    """disentanglement_lib's: 4×4 convolutions of 32, 32, 2×2 of 64, 64, dense 256 (0.31 M parameters).

    Locatello et al. 2019 (1811.12359), table 1. Takes images of 16×16 pixels and more.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.convolutional import ConvEncoder

        return ConvEncoder(image, outputs, (32, 32, 64, 64), (4, 4, 2, 2), stride=2, hidden=(256,))


@register_encoder("mlp")
class Mlp(EncoderSpec):
    """Dense layers of any number and width, for images of any size."""

    hidden: Layers = (256, 256)
    """Units of each hidden layer, from the image on; empty for a linear map."""

    activation: Activation = "relu"
    """What follows each hidden layer."""

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.dense import DenseEncoder

        return DenseEncoder(image, outputs, self.hidden, self.activation)


@register_encoder("conv")
class Conv(EncoderSpec):
    """Convolutions of any number and width, then dense layers, for images of any size.

    Each convolution is padded by (kernel − 1) // 2; stride 2 halves the image, rounding down for even kernels and
    up for odd ones.
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
    """What follows each layer but the last."""

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.convolutional import ConvEncoder

        kernels = (self.kernel,) * len(self.channels)
        return ConvEncoder(image, outputs, self.channels, kernels, self.stride, self.hidden, self.activation)
