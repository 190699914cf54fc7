"""A VAE that learns from pairs of images: a model that takes more of a batch than its images.

`recipes/pairs.yaml` uses it. `bvtk check-plugin plugins/pairs.py` tries it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import bvtk
from bvtk.models.vae_spec import Vae

if TYPE_CHECKING:
    import torch

Average = Literal["gvae", "ml_vae"]


@bvtk.register_model("ada_gvae")
class AdaGvae(Vae):
    """A VAE trained on pairs of images that share most of their factors: Ada-GVAE.

    Locatello et al. 2020 (2002.02886), section 4. A pair shares the latents in which its posteriors differ least, and
    these are averaged before both images are decoded. Every VAE objective trains it: a batch of B pairs counts as 2·B
    images with these posteriors. An image alone is encoded as by a VAE.
    """

    takes: ClassVar[frozenset[str]] = frozenset({"x_pair"})
    sampler: ClassVar[str] = "pairs"
    capturable: ClassVar[bool | None] = True

    average: Average = "gvae"
    """How shared latents are averaged: `gvae` takes the mean of means and of variances (Hosoya 2019), `ml_vae` the
    product of both posteriors with twice its variance (Bouchacourt et al. 2018), which makes an Ada-ML-VAE."""

    def build(self, image: bvtk.ImageShape) -> Any:
        """The model, randomly initialised from torch's current seed."""
        import torch

        from bvtk.models import vae

        average = self.average

        class PairVae(vae.Vae):
            def forward(
                self, x: torch.Tensor, generator: torch.Generator | None = None, x_pair: torch.Tensor | None = None
            ) -> bvtk.Outputs:
                if x_pair is None:
                    return super().forward(x, generator)
                images = torch.cat([x, x_pair])
                mu, logvar = share(*self.encode(images), average)
                z = vae.sample(mu, logvar, generator)
                return self.outputs(images, mu, logvar, z, self.decoder(z))

        built: Any = super().build(image)
        return PairVae(built.latents, built.encoder, built.decoder, built.likelihood)


def share(mu: torch.Tensor, logvar: torch.Tensor, average: Average) -> tuple[torch.Tensor, torch.Tensor]:
    """Posteriors of pairs, (2·B, L) with all first images before their partners, after shared latents are averaged.

    A latent is shared if its distance is less than halfway between the least and the greatest of the pair's latents.
    """
    (mu1, mu2), (logvar1, logvar2) = mu.chunk(2), logvar.chunk(2)
    distance = distances(mu1, logvar1, mu2, logvar2)
    halfway = (distance.amin(dim=1, keepdim=True) + distance.amax(dim=1, keepdim=True)) / 2
    shared = (distance < halfway).repeat(2, 1)
    averaged_mu, averaged_logvar = averaged(mu1, logvar1, mu2, logvar2, average)
    return averaged_mu.repeat(2, 1).where(shared, mu), averaged_logvar.repeat(2, 1).where(shared, logvar)


def distances(mu1: torch.Tensor, logvar1: torch.Tensor, mu2: torch.Tensor, logvar2: torch.Tensor) -> torch.Tensor:
    """Twice the KL of every first posterior to the second, (B, L)."""
    difference = logvar1 - logvar2
    return difference.expm1() - difference + (mu2 - mu1).square() * (-logvar2).exp()


def averaged(
    mu1: torch.Tensor, logvar1: torch.Tensor, mu2: torch.Tensor, logvar2: torch.Tensor, average: Average
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and log-variance, (B, L) each, of what both posteriors become if they are shared."""
    log_sum = logvar1.logaddexp(logvar2)
    if average == "gvae":
        return (mu1 + mu2) / 2, log_sum - math.log(2)
    # Each mean is weighted by the precision of its posterior, σ₂²/(σ₁² + σ₂²) for the first.
    mu = mu1 * (logvar2 - log_sum).exp() + mu2 * (logvar1 - log_sum).exp()
    return mu, math.log(2) + logvar1 + logvar2 - log_sum
