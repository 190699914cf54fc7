"""The objective of InfoGAN. Chen et al. 2016 (1606.03657). Shapes: B images, L codes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.functional import softplus

from bvtk.objectives.beta_vae import Schedule
from bvtk.passes import Adversarial


def discriminator_loss(real_B: torch.Tensor, fake_B: torch.Tensor) -> torch.Tensor:
    """−E log D(x) − E log(1 − D(G(z))), a scalar in nats, from logits. Goodfellow et al. 2014, equation 1."""
    return softplus(-real_B).mean() + softplus(fake_B).mean()


def generator_loss(fake_B: torch.Tensor) -> torch.Tensor:
    """−E log D(G(z)), the non-saturating loss, a scalar in nats, from logits. Goodfellow et al. 2014, section 3."""
    return softplus(-fake_B).mean()


def mutual_information_bound(codes_BL: torch.Tensor, mu_BL: torch.Tensor, logvar_BL: torch.Tensor) -> torch.Tensor:
    """L_I = E[log q(c|x)] + H(c), a lower bound of the mutual information. Chen et al. 2016, equation 5.

    The codes are drawn from U(−1, 1), whose entropy is log 2 nats each; q(c|x) is a diagonal Gaussian.

    Returns:
        A scalar in nats, summed over the codes and averaged over the images; negative for a poor q.
    """
    log_q_BL = -0.5 * ((codes_BL - mu_BL).square() * (-logvar_BL).exp() + logvar_BL + math.log(2 * math.pi))
    return (log_q_BL + math.log(2)).sum(dim=1).mean()


class InfoGanObjective(nn.Module):
    """Trains a generator and a discriminator against each other, and both to raise the mutual information.

    Args:
        information: weight λ of the mutual information, as a function of the training step.
    """

    def __init__(self, information: Schedule) -> None:
        super().__init__()
        self.information = information

    def forward(self, outputs: Adversarial, step: int) -> dict[str, torch.Tensor | float]:
        """The losses of both players at a training step, in nats, and their terms."""
        information = self.information(step)
        shared = mutual_information_bound(outputs.codes, outputs.mu, outputs.logvar)
        real, fake = outputs.real_logits, outputs.fake_logits
        right = ((real > 0).float().mean() + (fake <= 0).float().mean()) / 2
        return {
            "loss": generator_loss(fake) - information * shared,
            "discriminator_loss": discriminator_loss(real, fake) - information * shared,
            "mutual_information": shared.detach(),
            "discriminator_accuracy": right,
            "information": information,
        }

    def parts(self, model: Any) -> Mapping[str, nn.Module]:
        """The discriminator, including the recognition of codes; the generator is the rest of the model."""
        return {"discriminator": model.discriminator}
