"""The deep convolutional inverse graphics network, DC-IGN. Kulkarni et al. 2015 (1503.03167).

Shapes: B images, C channels, H height, W width, L latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from bvtk.models.vae import Vae, sample
from bvtk.passes import Outputs

INVARIANCE = 1 / 100
"""Weight of the pull to the mean, relative to the gradient of an image's loss. Kulkarni et al. 2015, section 3.2."""


class Clamp(torch.autograd.Function):
    """Replaces the inactive latents by their batch mean, and pulls them there.

    Kulkarni et al. 2015, section 3.1, steps 4 to 7, and section 3.2. Forward: active latents pass unchanged, the others
    become their mean over the batch. Backward: gradients of active latents pass unchanged; those of the others are
    replaced by (z − z̄)·`pull`, the gradient of ½·`pull`·Σ(z − z̄)² over the batch.
    """

    @staticmethod
    def forward(ctx: Any, z_BL: torch.Tensor, active_L: torch.Tensor, pull: float) -> torch.Tensor:
        """The latents (B, L) for the decoder; only active ones may differ between the images."""
        mean_1L = z_BL.mean(dim=0, keepdim=True)
        ctx.save_for_backward(z_BL - mean_1L, active_L)
        ctx.pull = pull
        return torch.where(active_L, z_BL, mean_1L)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """The gradient (B, L) for the latents, from the gradient for the clamped latents."""
        difference_BL, active_L = ctx.saved_tensors
        return torch.where(active_L, gradients[0], ctx.pull * difference_BL), None, None


class DcIgn(Vae):
    """A VAE that learns from batches in which one known factor varies.

    The clamp acts on the sample z, the input of the decoder. So the active latents keep the noise of a VAE, and the KL
    is not affected. The pull reaches the encoder through z = μ + σ·ε like any gradient of z: for the means it is
    (μ − μ̄) in expectation.

    Scale of the pull: Kulkarni et al. add a hundredth of the difference from the mean to the gradient of one image's
    loss. The objectives here average over the batch, which divides the gradient of every image by B, so the difference
    is divided by B too.

    Args:
        factors: factors with a latent of their own, from the first latent on; all others share the remaining latents.
    """

    def __init__(
        self, latents: int, encoder: nn.Module, decoder: nn.Module, likelihood: nn.Module, factors: Sequence[str]
    ) -> None:
        super().__init__(latents, encoder, decoder, likelihood)
        self.factors = tuple(factors)

    def forward(self, x: torch.Tensor, generator: torch.Generator | None = None, varied: str | None = None) -> Outputs:
        """A VAE's pass, but of an image the decoder gets only the latents of the factor that varies.

        If `varied` is None, nothing is clamped.
        """
        mu, logvar = self.encode(x)
        z = sample(mu, logvar, generator)
        clamped = z
        if varied is not None:
            clamped = Clamp.apply(z, self.active(varied, z.device), INVARIANCE / len(z))  # type: ignore[no-untyped-call]
        return self.outputs(x, mu, logvar, z, self.decoder(clamped))

    def active(self, varied: str, device: torch.device | None = None) -> torch.Tensor:
        """Booleans (L,): the latents of a factor."""
        latent = torch.arange(self.latents, device=device)
        if varied in self.factors:
            return latent == self.factors.index(varied)
        return latent >= len(self.factors)
