"""The objective of FactorVAE. Kim & Mnih 2018 (1802.05983). Shapes: B samples, L latents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import torch
from torch import nn
from torch.nn.functional import softplus

from bvtk.objectives.beta_vae import Schedule
from bvtk.passes import GaussianPosterior, Reconstructing, Sampled

SLOPE = 0.2
"""Slope of the discriminator's leaky ReLUs below zero."""


def permute_latents(z_BL: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Samples whose latents are shuffled over the batch, each in its own order.

    Every latent keeps its values, and so its marginal, but the latents are independent: samples of ∏ q(zₗ). Kim & Mnih
    2018, algorithm 1. The generator draws the orders on the device of the samples; torch's default if None.
    """
    order_BL = torch.rand(z_BL.shape, generator=generator, device=z_BL.device).argsort(dim=0)
    return z_BL.gather(0, order_BL)


def discriminator_loss(real_B: torch.Tensor, permuted_B: torch.Tensor) -> torch.Tensor:
    """Half the sum of both cross-entropies, a scalar in nats; log 2 for a discriminator that only guesses.

    Kim & Mnih 2018, algorithm 2, with the softmax of two logits written as the sigmoid of their difference.

    Both arguments are log-odds that samples are real: of samples of q(z), and of permuted samples.
    """
    return 0.5 * (softplus(-real_B).mean() + softplus(permuted_B).mean())


def build_discriminator(latents: int, hidden: Sequence[int]) -> nn.Sequential:
    """A network that maps samples (B, L) to two logits (B, 2): a sample of q(z), or one of ∏ q(zₗ)."""
    layers: list[nn.Module] = []
    for before, after in pairwise((latents, *hidden, 2)):
        linear = nn.Linear(before, after)
        # He's scale: PyTorch's default shrinks the signal by two thirds per layer, too much for six layers.
        nn.init.kaiming_normal_(linear.weight, SLOPE)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers[:-1])


class SampledReconstruction(Reconstructing, Sampled, Protocol):
    """A pass with a sample of the code and the reconstruction made from it."""


class FactorVaeObjective(nn.Module):
    """Trains an autoencoder with a weight on the total correlation of its code, estimated by a discriminator.

    The loss of a model with a posterior contains its KL too: that is FactorVAE.
    """

    def __init__(self, gamma: Schedule, discriminator: nn.Module) -> None:
        super().__init__()
        self.gamma = gamma
        self.discriminator = discriminator

    def forward(self, outputs: SampledReconstruction, step: int) -> dict[str, torch.Tensor | float]:
        """The losses of both players at a training step, and their terms, in nats per image."""
        gamma = self.gamma(step)
        loss = outputs.reconstruction.mean()
        terms = {"reconstruction": loss.detach()}
        if isinstance(outputs, GaussianPosterior):
            kl = outputs.kl.sum(dim=1).mean()
            loss = loss + kl
            terms["kl"] = kl.detach()
        size = len(outputs.z)
        half = (size + 1) // 2
        permuted_BL = permute_latents(outputs.z[-half:].detach())
        # The estimate of log q(z)/∏ q(zₗ) of each sample is the difference of the discriminator's logits.
        real_logit_B, permuted_logit_B = self.discriminator(torch.cat([outputs.z, permuted_BL])).unbind(dim=1)
        log_odds_B = real_logit_B - permuted_logit_B
        # The discriminator learns from the first half as real and the permuted second half: different samples.
        real_B, permuted_B = log_odds_B[:half], log_odds_B[size:]
        total_correlation = log_odds_B[:size].mean()
        right = ((real_B > 0).float().mean() + (permuted_B <= 0).float().mean()) / 2
        return {
            "loss": loss + gamma * total_correlation,
            "discriminator_loss": discriminator_loss(real_B, permuted_B),
            **terms,
            "total_correlation": total_correlation.detach(),
            "discriminator_accuracy": right,
            "gamma": gamma,
        }

    def parts(self, model: Any) -> Mapping[str, nn.Module]:  # noqa: ARG002
        """The discriminator, which belongs to the objective."""
        return {"discriminator": self.discriminator}
