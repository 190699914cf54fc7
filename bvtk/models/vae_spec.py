"""The variational autoencoder in recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import PositiveInt

from bvtk.component import Decoder, Encoder, LikelihoodSlot, ModelSpec, register_model
from bvtk.models.likelihood_spec import Bernoulli
from bvtk.protocols import ImageShape, Model

if TYPE_CHECKING:
    from torch import nn


@register_model("vae")
class Vae(ModelSpec):
    """A variational autoencoder: diagonal Gaussian posterior, standard normal prior.

    Kingma & Welling 2014 (1312.6114). With the objective `beta_vae` it is the β-VAE of Higgins et al. 2017.
    """

    gives = frozenset({"reconstruction", "posterior", "sample"})

    latents: PositiveInt = 10
    """Number of latents."""

    encoder: Encoder
    """Maps images to the means and log-variances of the latents."""

    decoder: Decoder
    """Maps latents to the input of the likelihood."""

    likelihood: LikelihoodSlot = Bernoulli()
    """Distribution of the pixels given the decoder's output."""

    def build(self, image: ImageShape) -> Model:
        from bvtk.models import vae

        return vae.Vae(self.latents, *self._parts(image))

    def _parts(self, image: ImageShape) -> tuple[nn.Module, nn.Module, nn.Module]:
        """Encoder, decoder and likelihood, initialised in this order."""
        from torch import nn

        encoder = self.encoder.build(image, 2 * self.latents)
        decoder = self.decoder.build(self.latents, image)
        likelihood = self.likelihood.build(image)
        if not isinstance(likelihood, nn.Module):
            name, kind = self.likelihood.component, type(likelihood).__name__
            raise TypeError(f"likelihood {name!r} built {kind}, expected an nn.Module")
        return encoder, decoder, likelihood
