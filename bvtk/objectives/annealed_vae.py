"""The objective of a VAE with a growing capacity. Burgess et al. 2018 (1804.03599)."""

from __future__ import annotations

import torch
from torch import nn

from bvtk.objectives.beta_vae import Schedule, bound_terms
from bvtk.passes import Bound


def capacity_penalty(kl: torch.Tensor, gamma: float, capacity: float) -> torch.Tensor:
    """γ·|KL − C|: the penalty on a KL above or below the capacity. Burgess et al. 2018, equation 8.

    KL and capacity are in nats per image, already averaged over the batch; a mean of distances would be another
    penalty.
    """
    return gamma * (kl - capacity).abs()


class AnnealedVaeObjective(nn.Module):
    """Trains a VAE whose KL is kept at a capacity in nats per image, a function of the training step like γ."""

    def __init__(self, gamma: Schedule, capacity: Schedule) -> None:
        super().__init__()
        self.gamma = gamma
        self.capacity = capacity

    def forward(self, outputs: Bound, step: int) -> dict[str, torch.Tensor | float]:
        """The loss of a batch at a training step, and its terms, in nats per image."""
        gamma, capacity = self.gamma(step), self.capacity(step)
        reconstruction, kl = bound_terms(outputs.reconstruction, outputs.kl)
        return {
            "loss": reconstruction + capacity_penalty(kl, gamma, capacity),
            "reconstruction": reconstruction.detach(),
            "kl": kl.detach(),
            "capacity": capacity,
            "gamma": gamma,
        }
