"""DC-IGN and its networks as recipes declare them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import (
    Decoder,
    DecoderSpec,
    Encoder,
    EncoderSpec,
    register_decoder,
    register_encoder,
    register_model,
)
from bvtk.errors import UsageError
from bvtk.models.vae_spec import Vae
from bvtk.protocols import Dataset, ImageShape

if TYPE_CHECKING:
    from torch import nn

    from bvtk.protocols import Model


@register_encoder("dc_ign")
class DcIgnEncoder(EncoderSpec):
    """DC-IGN's: 3×3 convolutions of 96, 48, 48, each with ReLU and 2×2 max-pooling (0.12 M parameters).

    Kulkarni et al. 2015 (1503.03167), as Higgins et al. 2017 made it for 2D shapes. Takes images of 8×8 pixels and
    more.
    """

    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """The network for these images."""
        from bvtk.models.pooling import PoolEncoder

        return PoolEncoder(image, outputs, (96, 48, 48))


@register_decoder("dc_ign")
class DcIgnDecoder(DecoderSpec):
    """DC-IGN's: a dense layer, then three times unpooling to 2×2 pixels and a 3×3 convolution (0.10 M parameters).

    Kulkarni et al. 2015 (1503.03167), as Higgins et al. 2017 made it for 2D shapes: convolutions of 48, 96 and the
    image's channels. Takes images of 8×8 pixels and more.
    """

    def build(self, latents: int, image: ImageShape) -> nn.Module:
        """The network for these images."""
        from bvtk.models.pooling import UnpoolDecoder

        return UnpoolDecoder(latents, image, (48, 48, 96))


@register_model("dc_ign")
class DcIgn(Vae):
    """The semi-supervised DC-IGN: a VAE told which factor varies in each batch, with a latent for that factor.

    Kulkarni et al. 2015 (1503.03167). The images of a batch differ in one factor. All latents but those of the
    factor are clamped to their batch mean, and pulled there. Needs a data set with factors.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"varied"})
    sampler: ClassVar[str] = "one_factor"

    encoder: Encoder = DcIgnEncoder()
    """Maps images to the means and log-variances of the latents."""

    decoder: Decoder = DcIgnDecoder()
    """Maps latents to what the likelihood takes."""

    factors: tuple[str, ...] = ("scale", "x", "y", "orientation")
    """Factors with a latent of their own, from the first latent on; all other factors share the remaining latents."""

    @model_validator(mode="after")
    def _each_has_a_latent(self) -> Self:
        if len(self.factors) > self.latents:
            context = {"factors": len(self.factors), "latents": self.latents}
            raise PydanticCustomError("factors", "{factors} factors need a latent each, found {latents}", context)
        for name, times in Counter(self.factors).items():
            if times > 1:
                raise PydanticCustomError(
                    "factors", "factor {name} is named {times} times", {"name": repr(name), "times": times}
                )
        return self

    def check(self, dataset: Dataset) -> None:
        """Checks that a data set has these factors, and that its other factors have latents left."""
        names = dataset.factor_names
        if not names:
            raise UsageError(
                "model 'dc_ign' learns from batches in which one factor varies, and the data set has no factors",
                "give a data set with factors (`arrays` reads them from an .npz), or choose another model",
            )
        if missing := [name for name in self.factors if name not in names]:
            raise UsageError(
                f"model 'dc_ign' has a latent for {_listed(missing)}, and the data set has only {_listed(names)}",
                f"name factors of the data set: model.factors=[{', '.join(names[: self.latents])}]",
            )
        others = [name for name in names if name not in self.factors]
        if others and len(self.factors) == self.latents:
            raise UsageError(
                f"model 'dc_ign' has no latent left for {_listed(others)}",
                f"give it more than {self.latents} latents, or name fewer factors (model.factors)",
            )

    def build(self, image: ImageShape) -> Model:
        """The model, randomly initialised from torch's current seed."""
        from bvtk.models import dc_ign

        return dc_ign.DcIgn(self.latents, *self._parts(image), self.factors)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
