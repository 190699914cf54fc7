"""The objective of β-VAE, and the evidence lower bound that others share. Shapes: B images, L latents."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from bvtk.passes import Bound

Schedule = Callable[[int], float]
"""A weight as a function of the training step."""


def bound_terms(reconstruction_B: torch.Tensor, kl_BL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Reconstruction and KL, whose sum is the negative evidence lower bound. Kingma & Welling 2014, equation 3.

    From −log p(x|z) in nats per image and KL(q(z|x) ‖ p(z)) in nats per image and latent, two scalars in nats per
    image: sums over pixels and latents, averaged over the batch.
    """
    return reconstruction_B.mean(), kl_BL.sum(dim=1).mean()


def beta_vae_loss(
    reconstruction_B: torch.Tensor, kl_BL: torch.Tensor, beta: float | torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Reconstruction + β·KL, summed over pixels and latents and averaged over the batch.

    Higgins et al. 2017, equation 4, with the sign that makes it a loss; β = 1 is the VAE.

    Returns:
        The loss, its reconstruction and its unweighted KL: scalars in nats per image.
    """
    reconstruction, kl = bound_terms(reconstruction_B, kl_BL)
    return reconstruction + beta * kl, reconstruction, kl


def normalised_beta(beta: float | torch.Tensor, latents: int, pixels: int) -> float | torch.Tensor:
    """β_norm = β·M/N, comparable across numbers of latents M and of inputs N, channels × height × width.

    Higgins et al. 2017, section 4.2, for sums over latents and pixels.
    """
    return beta * latents / pixels


class BetaVaeObjective(nn.Module):
    """Trains a VAE with a weight β on its KL.

    The weight is a function of the training step; M is the number of latents, and N channels × height × width.
    """

    def __init__(self, beta: Schedule, latents: int, pixels: int) -> None:
        super().__init__()
        self.beta = beta
        self.latents = latents
        self.pixels = pixels

    def forward(self, outputs: Bound, step: int) -> dict[str, torch.Tensor | float]:
        """The loss of a batch at a training step, and its terms, in nats per image."""
        beta = self.beta(step)
        loss, reconstruction, kl = beta_vae_loss(outputs.reconstruction, outputs.kl, beta)
        return {
            "loss": loss,
            "reconstruction": reconstruction.detach(),
            "kl": kl.detach(),
            "beta": beta,
            "beta_norm": normalised_beta(beta, self.latents, self.pixels),
        }
