"""The decoders in recipes. Parameter counts are for 64×64×1 images and 10 latents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import PositiveInt

from bvtk.component import DecoderSpec, register_decoder
from bvtk.models.networks.encoder_spec import Activation, Layers, SomeLayers
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from torch import nn


@register_decoder("higgins_fc")
class HigginsFc(DecoderSpec):
    """The paper's decoder for 2D shapes: three dense layers of 1200, tanh (7.8 M parameters).

    Higgins et al. 2017, table 1. Takes images of any size.
    """

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        return Mlp(hidden=(1200, 1200, 1200), activation="tanh").build(latents, image)


@register_decoder("higgins_conv")
class HigginsConv(DecoderSpec):
    """The paper's decoder for chairs and faces: its convolutional encoder in reverse (0.38 M parameters).

    Higgins et al. 2017, table 1. Takes images of at least 16×16 pixels.
    """

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        return Conv(channels=(64, 64, 32, 32), kernel=4, stride=2, hidden=(256,)).build(latents, image)


@register_decoder("burgess")
class Burgess(DecoderSpec):
    """Two dense layers of 256, four transposed 4×4 convolutions of 32 channels (0.25 M parameters).

    Burgess et al. 2018 (1804.03599), section A.1. Takes images of at least 16×16 pixels.
    """

    hidden: PositiveInt = 256
    """Units of each of the two dense layers."""

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        return Conv(channels=(32,) * 4, kernel=4, stride=2, hidden=(self.hidden,) * 2).build(latents, image)


@register_decoder("locatello")
class Locatello(HigginsConv):
    """disentanglement_lib's decoder: dense 256 and 1024, transposed 4×4 convolutions of 64, 32, 32 (0.38 M parameters).

    Locatello et al. 2019 (1811.12359), table 1. Takes images of at least 16×16 pixels.
    """


@register_decoder("mlp")
class Mlp(DecoderSpec):
    """Dense layers of any number and width, for images of any size."""

    hidden: Layers = (256, 256)
    """Units of each hidden layer, from the latents on; may be empty, for a linear map."""

    activation: Activation = "relu"
    """Activation after each hidden layer."""

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        from bvtk.models.networks.convolutional import DenseDecoder

        return DenseDecoder(latents, image, self.hidden, self.activation)


@register_decoder("conv")
class Conv(DecoderSpec):
    """Dense layers, then transposed convolutions of any number and width, for images of any size.

    The reverse of the `conv` encoder with the same kernel, stride and number of layers. The output has exactly the size
    of the images.
    """

    channels: SomeLayers = (64, 64, 32, 32)
    """Input channels of each transposed convolution, from the latents on; the last one outputs the image."""

    kernel: PositiveInt = 4
    """Height and width of every kernel, in pixels."""

    stride: PositiveInt = 2
    """Stride of every transposed convolution, in pixels."""

    hidden: Layers = (256,)
    """Units of each dense layer before the one that gives the first convolution its input; may be empty."""

    activation: Activation = "relu"
    """Activation after each layer except the last."""

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        from bvtk.models.networks.convolutional import ConvDecoder

        kernels = (self.kernel,) * len(self.channels)
        return ConvDecoder(latents, image, self.channels, kernels, self.stride, self.hidden, self.activation)


@register_decoder("dc_ign")
class DcIgn(DecoderSpec):
    """DC-IGN's decoder: a dense layer, then three times 2×2 unpooling and a 3×3 convolution (0.10 M parameters).

    Kulkarni et al. 2015 (1503.03167), as adapted by Higgins et al. 2017 to 2D shapes: convolutions of 48, 96 and the
    image's channels. Takes images of at least 8×8 pixels.
    """

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        from bvtk.models.networks.pooling import UnpoolDecoder

        return UnpoolDecoder(latents, image, (48, 48, 96))
