"""The objective of β-TCVAE. Chen et al. 2018 (1802.04942). Shapes: B images, N in the data set, L latents.

A latent sample z_i of image i has the density q(z_i|x_j) under the posterior of image j. The mean over all images j of
the data set is q(z_i), which is estimated here from the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import nn

from bvtk.errors import UsageError
from bvtk.objectives.beta_vae import Schedule, bound_terms
from bvtk.passes import SampledBound


class Decomposition(NamedTuple):
    """The KL to the prior in three parts, scalars in nats per image. Chen et al. 2018, equation 2."""

    mutual_information: torch.Tensor
    total_correlation: torch.Tensor
    dimension_wise_kl: torch.Tensor


def gaussian_log_density(z: torch.Tensor, mu: torch.Tensor, logvar: torch.Tensor) -> torch.Tensor:
    """The log-density of N(μ, σ²) at z, element by element; the tensors may broadcast."""
    return -0.5 * ((z - mu).square() * (-logvar).exp() + logvar + math.log(2 * math.pi))


def weighted_weights(batch: int, dataset_size: int, device: torch.device | None = None) -> torch.Tensor:
    """Weights (B, B) of minibatch weighted sampling, all 1/(N·B). Chen et al. 2018, section 3.1."""
    return torch.full((batch, batch), 1 / (dataset_size * batch), device=device)


def normalised(weights_BB: torch.Tensor) -> torch.Tensor:
    """Weights whose rows sum to 1.

    The rows of weighted sampling sum to 1/N, so every log-density is too small by log N. This constant has no gradient,
    but adds (L − 1)·log N to the total correlation. Without it, the result for a batch of the whole data set is exact.
    """
    return weights_BB / weights_BB.sum(dim=1, keepdim=True)


def stratified_weights(batch: int, dataset_size: int, device: torch.device | None = None) -> torch.Tensor:
    """Weights (B, B) of minibatch stratified sampling; those of a row sum to 1. Chen et al. 2018, appendix C.2.

    With M = B − 1 other images in the batch, the image itself has the weight 1/N, one other image (N − M)/(N·M) and the
    remaining ones 1/M. The one other image is the next in the batch, so that each image has this role once.

    Raises:
        UsageError: if the batch has no other images, or is larger than the data set.
    """
    if not 2 <= batch <= dataset_size:
        raise UsageError(
            f"stratified sampling needs batches of 2 to {dataset_size} images (all that train), found {batch}",
            "change training.batch_size, or set objective.estimator=weighted",
        )
    others = batch - 1
    itself_BB = torch.eye(batch, device=device)
    once_BB = itself_BB.roll(1, dims=1)
    rest_BB = 1 - itself_BB - once_BB
    once = (dataset_size - others) / (dataset_size * others)
    return itself_BB / dataset_size + once_BB * once + rest_BB / others


WEIGHTS: dict[str, Callable[[int, int, torch.device], torch.Tensor]] = {
    "weighted": weighted_weights,
    "stratified": stratified_weights,
}
"""Weights of both estimators, by name."""


def decompose(
    z_BL: torch.Tensor, mu_BL: torch.Tensor, logvar_BL: torch.Tensor, weights_BB: torch.Tensor
) -> Decomposition:
    """Estimates the three parts of the KL from a batch. Chen et al. 2018, equation 2.

    q(z_i) ≈ Σ_j w_ij·q(z_i|x_j), and likewise for each latent alone. For any weights, the sum of the parts is the mean
    of log q(z|x) − log p(z), a sampled estimate of the KL.

    z is a sample of every posterior; w_ij weighs image j in the density of sample i.
    """
    log_q_BBL = gaussian_log_density(z_BL[:, None], mu_BL, logvar_BL)
    log_weights_BB = weights_BB.log()
    log_joint_BB = log_q_BBL.sum(dim=2)
    log_posterior_B = log_joint_BB.diagonal()
    log_aggregate_B = (log_joint_BB + log_weights_BB).logsumexp(dim=1)
    log_marginal_B = (log_q_BBL + log_weights_BB[:, :, None]).logsumexp(dim=1).sum(dim=1)
    zero = torch.zeros_like(z_BL)
    log_prior_B = gaussian_log_density(z_BL, zero, zero).sum(dim=1)
    return Decomposition(
        mutual_information=(log_posterior_B - log_aggregate_B).mean(),
        total_correlation=(log_aggregate_B - log_marginal_B).mean(),
        dimension_wise_kl=(log_marginal_B - log_prior_B).mean(),
    )


class BetaTcVaeObjective(nn.Module):
    """Trains a VAE with a weight on each part of its KL, all functions of the training step.

    α weighs the mutual information, β the total correlation, and γ the dimension-wise KL. The estimator is `weighted`
    or `stratified`, and N the number of training images.
    """

    def __init__(self, alpha: Schedule, beta: Schedule, gamma: Schedule, estimator: str, dataset_size: int) -> None:
        super().__init__()
        self.alpha = alpha
        self.beta = beta
        self.gamma = gamma
        self.estimator = estimator
        self.dataset_size = dataset_size

    def forward(self, outputs: SampledBound, step: int) -> dict[str, torch.Tensor | float]:
        """The loss of a batch at a training step, and its terms, in nats per image."""
        alpha, beta, gamma = self.alpha(step), self.beta(step), self.gamma(step)
        reconstruction, kl = bound_terms(outputs.reconstruction, outputs.kl)
        weights_BB = WEIGHTS[self.estimator](len(outputs.z), self.dataset_size, outputs.z.device)
        parts = decompose(outputs.z, outputs.mu, outputs.logvar, normalised(weights_BB))
        penalty = alpha * parts.mutual_information + beta * parts.total_correlation + gamma * parts.dimension_wise_kl
        return {
            "loss": reconstruction + penalty,
            "reconstruction": reconstruction.detach(),
            "kl": kl.detach(),
            **{name: part.detach() for name, part in parts._asdict().items()},
            "alpha": alpha,
            "beta": beta,
            "gamma": gamma,
        }
