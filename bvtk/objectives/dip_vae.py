"""The objectives of DIP-VAE. Kumar et al. 2018 (1711.00848). Shapes: B images, L latents."""

from __future__ import annotations

import torch
from torch import nn

from bvtk.objectives.beta_vae import Schedule, bound_terms
from bvtk.passes import Bound


def covariance_of_means(mu_BL: torch.Tensor) -> torch.Tensor:
    """Cov(μ) (L, L) over the batch of B, which DIP-VAE I pulls to the identity. Kumar et al. 2018, section 2.2."""
    centred_BL = mu_BL - mu_BL.mean(dim=0)
    return centred_BL.T @ centred_BL / len(mu_BL)


def covariance_of_samples(mu_BL: torch.Tensor, logvar_BL: torch.Tensor) -> torch.Tensor:
    """Cov(z) = E[diag σ²] + Cov(μ) (L, L). DIP-VAE II pulls it to the identity. Kumar et al. 2018, equation 5."""
    return logvar_BL.exp().mean(dim=0).diag() + covariance_of_means(mu_BL)


def distances(covariance_LL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Σ_{i≠j} C_ij² and Σ_i (C_ii − 1)², two scalars: the distance of a covariance from the identity.

    Kumar et al. 2018, equations 6 and 7.
    """
    variances_L = covariance_LL.diagonal()
    off_diagonal = (covariance_LL - variances_L.diag()).square().sum()
    return off_diagonal, (variances_L - 1).square().sum()


class DipVaeObjective(nn.Module):
    """Trains a VAE whose latents are uncorrelated over the data, with variance 1.

    Args:
        codes: whose covariance is pulled to the identity: posterior `means` (I) or `samples` (II).
        lambda_od: weight of the squared covariances, as a function of the training step.
        lambda_d_factor: weight of the variances as a multiple of it, likewise.
    """

    def __init__(self, codes: str, lambda_od: Schedule, lambda_d_factor: Schedule) -> None:
        super().__init__()
        self.codes = codes
        self.lambda_od = lambda_od
        self.lambda_d_factor = lambda_d_factor

    def forward(self, outputs: Bound, step: int) -> dict[str, torch.Tensor | float]:
        """The loss of a batch at a training step, and its terms, in nats per image."""
        lambda_od = self.lambda_od(step)
        lambda_d = self.lambda_d_factor(step) * lambda_od
        reconstruction, kl = bound_terms(outputs.reconstruction, outputs.kl)
        if self.codes == "means":
            covariance_LL = covariance_of_means(outputs.mu)
        else:
            covariance_LL = covariance_of_samples(outputs.mu, outputs.logvar)
        off_diagonal, diagonal = distances(covariance_LL)
        return {
            "loss": reconstruction + kl + lambda_od * off_diagonal + lambda_d * diagonal,
            "reconstruction": reconstruction.detach(),
            "kl": kl.detach(),
            "off_diagonal": off_diagonal.detach(),
            "diagonal": diagonal.detach(),
            "lambda_od": lambda_od,
            "lambda_d": lambda_d,
        }
