"""The objective of ControlVAE. Shao et al. 2020 (2004.06218)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from bvtk.objectives.beta_vae import Schedule, beta_vae_loss, normalised_beta
from bvtk.passes import Bound


@dataclass(frozen=True)
class Controller:
    """A proportional-integral controller that raises β if the KL is above its target and lowers it if it is below.

    β = Kp/(1 + exp(e)) − Ki·Σe + β_min for the error e = target − KL, within bounds. Shao et al. 2020,
    algorithm 1.

    Args:
        kp: Kp, the most that the error of one step can add to β.
        ki: Ki, weight of the sum of all errors.
        beta_min: the lowest β.
        beta_max: the highest β.
    """

    kp: float
    ki: float
    beta_min: float
    beta_max: float

    def step(self, error: torch.Tensor, integral: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """β at a step with error e, and the integral −Ki·Σe after it, from that before it; all scalars.

        The integral is constant while β is clipped and the error drives it further out of bounds. An error in the other
        direction changes it even while β is clipped, as otherwise β might never return.
        """
        proportional = self.kp * torch.sigmoid(-error)
        moved = integral - self.ki * error
        beta = proportional + moved + self.beta_min
        outwards = ((beta < self.beta_min) & (error > 0)) | ((beta > self.beta_max) & (error < 0))
        return beta.clamp(self.beta_min, self.beta_max), torch.where(outwards, integral, moved)


class ControlVaeObjective(nn.Module):
    """Trains a VAE whose KL has a weight β that a controller sets so that the KL reaches a target in nats per image.

    The target is a function of the training step. M is the number of latents, and N channels × height × width.
    """

    integral: torch.Tensor

    def __init__(self, target: Schedule, controller: Controller, latents: int, pixels: int) -> None:
        super().__init__()
        self.target = target
        self.controller = controller
        self.latents = latents
        self.pixels = pixels
        self.register_buffer("integral", torch.zeros(()))

    def forward(self, outputs: Bound, step: int) -> dict[str, torch.Tensor | float]:
        """The loss of a batch at a step and its terms, in nats per image. Updates the controller in training."""
        target = self.target(step)
        error = target - outputs.kl.detach().sum(dim=1).mean()
        beta, integral = self.controller.step(error, self.integral)
        if self.training:
            self.integral.copy_(integral)
        loss, reconstruction, kl = beta_vae_loss(outputs.reconstruction, outputs.kl, beta)
        return {
            "loss": loss,
            "reconstruction": reconstruction.detach(),
            "kl": kl.detach(),
            "target": target,
            "beta": beta,
            "beta_norm": normalised_beta(beta, self.latents, self.pixels),
        }
