"""Models and likelihoods as recipes declare them; importing this also registers encoders and decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import PositiveFloat, PositiveInt, ValidationError, ValidatorFunctionWrapHandler, field_validator
from pydantic_core import PydanticCustomError

import bvtk.models.decoder_specs
import bvtk.models.encoder_specs  # noqa: F401
from bvtk.component import (
    Decoder,
    Encoder,
    LikelihoodSlot,
    LikelihoodSpec,
    ModelSpec,
    register_likelihood,
    register_model,
)
from bvtk.protocols import ImageShape

if TYPE_CHECKING:
    from bvtk.protocols import Likelihood, Model


@register_likelihood("bernoulli")
class Bernoulli(LikelihoodSpec):
    """Pixels on or off, independently; the decoder gives logits.

    Binary cross-entropy in nats, summed over pixels and channels. For images that are not binary it is a loss
    still, but no log-likelihood.
    """

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        """The likelihood as a module."""
        from bvtk.models import likelihoods

        return likelihoods.Bernoulli()


@register_likelihood("gaussian")
class Gaussian(LikelihoodSpec):
    """Pixels with a normal density around the decoder's output, one σ for all of them.

    In nats with the normaliser, so it can be negative. Rybkin et al. 2021 (2006.13202) for `learned` and `optimal`,
    whose log σ is softly clipped at −6.
    """

    sigma: PositiveFloat | Literal["learned", "optimal"] = 1.0
    """Standard deviation in units of intensity (0 to 1): a number, `learned`, or `optimal` for that of each batch."""

    @field_validator("sigma", mode="wrap")
    @classmethod
    def _one_error(cls, value: object, handler: ValidatorFunctionWrapHandler) -> object:
        try:
            return handler(value)
        except ValidationError:  # one error for each member of the union, their names in its place
            raise PydanticCustomError("sigma", "must be a positive number, 'learned' or 'optimal'") from None

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        """The likelihood as a module, with a parameter `log_sigma` where σ is learned."""
        from bvtk.models import likelihoods

        return likelihoods.Gaussian(self.sigma)


@register_likelihood("laplace")
class Laplace(LikelihoodSpec):
    """Pixels with a Laplace density around the decoder's output: an absolute instead of a squared error.

    In nats with the normaliser, so it can be negative.
    """

    scale: PositiveFloat = 1.0
    """Mean absolute deviation in units of intensity (0 to 1)."""

    def build(self, image: ImageShape) -> Likelihood:  # noqa: ARG002
        """The likelihood as a module."""
        from bvtk.models import likelihoods

        return likelihoods.Laplace(self.scale)


@register_model("vae")
class Vae(ModelSpec):
    """A variational autoencoder: diagonal Gaussian posterior, standard normal prior.

    Kingma & Welling 2014 (1312.6114). With the objective `beta_vae` it is the β-VAE of Higgins et al. 2017.
    """

    latents: PositiveInt = 10
    """Number of latents."""

    encoder: Encoder
    """Maps images to the means and log-variances of the latents."""

    decoder: Decoder
    """Maps latents to what the likelihood takes."""

    likelihood: LikelihoodSlot = Bernoulli()
    """Distribution of the pixels given the decoder's output."""

    def build(self, image: ImageShape) -> Model:
        """The model, randomly initialised from torch's current seed."""
        from torch import nn

        from bvtk.models import vae

        encoder = self.encoder.build(image, 2 * self.latents)
        decoder = self.decoder.build(self.latents, image)
        likelihood = self.likelihood.build(image)
        if not isinstance(likelihood, nn.Module):
            raise TypeError(f"likelihood {self.likelihood.component!r} built {type(likelihood).__name__}, no nn.Module")
        return vae.Vae(self.latents, encoder, decoder, likelihood)
