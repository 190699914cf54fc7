"""The variational autoencoder. Kingma & Welling 2014 (1312.6114).

Shapes: B images, C channels, H height, W width, L latents.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from bvtk.passes import Outputs
from bvtk.protocols import Likelihood

LOGVAR_RANGE = (-30.0, 20.0)
"""Range to which posterior log-variances are clamped, so that their exponentials don't overflow."""


def kl_divergence(mu_BL: torch.Tensor, logvar_BL: torch.Tensor) -> torch.Tensor:
    """KL(N(μ, σ²) ‖ N(0, 1)) of every latent (B, L) in nats: ½(μ² + σ² − 1 − log σ²).

    Kingma & Welling 2014, appendix B.
    """
    # expm1 is accurate for a collapsed latent, whose σ² is nearly 1.
    return 0.5 * (mu_BL.square() + logvar_BL.expm1() - logvar_BL)


def sample(mu_BL: torch.Tensor, logvar_BL: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """One sample z = μ + σ·ε of every posterior, differentiable in μ and log σ².

    The generator draws ε on its own device; if None, torch's default draws it.
    """
    device = generator.device if generator else mu_BL.device
    eps_BL = torch.randn(mu_BL.shape, generator=generator, device=device, dtype=mu_BL.dtype)
    return mu_BL + torch.exp(0.5 * logvar_BL) * eps_BL.to(mu_BL.device)


class Vae(nn.Module):
    """A VAE with a diagonal Gaussian posterior and a standard normal prior.

    Args:
        encoder: maps images (B, C, H, W) to (B, 2L), means and then log-variances.
        decoder: maps latents (B, L) to the likelihood's input (B, C, H, W).
        likelihood: p(x|z) from the decoder's output.
    """

    def __init__(self, latents: int, encoder: nn.Module, decoder: nn.Module, likelihood: nn.Module) -> None:
        super().__init__()
        self.latents = latents
        self.encoder = encoder
        self.decoder = decoder
        self.likelihood = likelihood

    def forward(self, x: torch.Tensor, generator: torch.Generator | None = None) -> Outputs:
        """One sample of every posterior of images (B, C, H, W) in [0, 1], its reconstruction and KL.

        In float32 under autocast too. The generator draws the sample; torch's default if None.
        """
        mu, logvar = self.encode(x)
        z = sample(mu, logvar, generator)
        return self.outputs(x, mu, logvar, z, self.decoder(z))

    def outputs(
        self, x: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor, z: torch.Tensor, output: torch.Tensor
    ) -> Outputs:
        """The training pass, from images, their posteriors, a sample and the decoder's output."""
        return Outputs(x, mu, logvar, z, self._likelihood.nll(output.float(), x), kl_divergence(mu, logvar))

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Posterior means and log-variances, (B, L) each, of images (B, C, H, W) in [0, 1]; float32."""
        mu, logvar = self.encoder(x).float().chunk(2, dim=1)
        return mu, logvar.clamp(*LOGVAR_RANGE)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Mean images (B, C, H, W) in [0, 1] of latents (B, L); float32."""
        return self._likelihood.mean(self.decoder(z).float())

    @property
    def _likelihood(self) -> Likelihood:
        return cast(Likelihood, self.likelihood)
