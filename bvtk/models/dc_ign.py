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
"""Weight of the pull to the mean, beside the gradient of an image's loss. Kulkarni et al. 2015, section 3.2."""


class Clamp(torch.autograd.Function):
    """Keeps all latents but the active ones at their batch mean, and pulls them there.

    Kulkarni et al. 2015, section 3.1, steps 4 to 7, and section 3.2. Forward: an active latent passes, any other is
    replaced by its mean over the batch. Backward: the gradient of an active latent passes unchanged; that of any
    other is not what comes from above but (z − z̄)·`pull`: what ½·`pull`·Σ(z − z̄)² over the batch would give.
    """

    @staticmethod
    def forward(ctx: Any, z_BL: torch.Tensor, active_L: torch.Tensor, pull: float) -> torch.Tensor:
        """The latents (B, L) as the decoder takes them.

        Args:
            ctx: keeps what `backward` needs.
            z_BL: latents.
            active_L: booleans, the latents that may differ between the images.
            pull: weight of the difference from the mean in the gradient of the batch's loss.
        """
        mean_1L = z_BL.mean(dim=0, keepdim=True)
        ctx.save_for_backward(z_BL - mean_1L, active_L)
        ctx.pull = pull
        return torch.where(active_L, z_BL, mean_1L)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """The gradient (B, L) of the loss for the latents, from that for the clamped ones."""
        difference_BL, active_L = ctx.saved_tensors
        return torch.where(active_L, gradients[0], ctx.pull * difference_BL), None, None


class DcIgn(Vae):
    """A VAE that learns from batches in which one factor varies, and is told which one it is.

    The clamp acts on the sample z, on its way into the decoder. The decoder sees latents only there, so the rule
    stays one function, the active latents keep the noise of a VAE, and the KL stays that of every image. The pull
    reaches the encoder through z = μ + σ·ε as any gradient of z does: in expectation it is (μ − μ̄) for the means.

    Its scale: Kulkarni's gradients are those of one image's loss, of which the difference from the mean is a
    hundredth part. The objectives here average over the batch, which divides every image's gradient by B, so the
    difference is divided by B too.

    Args:
        latents: number of latents, L.
        encoder: maps images (B, C, H, W) to (B, 2L), means and then log-variances.
        decoder: maps latents (B, L) to (B, C, H, W), what the likelihood takes.
        likelihood: p(x|z) from the decoder's output.
        factors: those with a latent of their own, the first the first latent and so on; all others share the rest.
    """

    def __init__(
        self, latents: int, encoder: nn.Module, decoder: nn.Module, likelihood: nn.Module, factors: Sequence[str]
    ) -> None:
        super().__init__(latents, encoder, decoder, likelihood)
        self.factors = tuple(factors)

    def forward(self, x: torch.Tensor, generator: torch.Generator | None = None, varied: str | None = None) -> Outputs:
        """A VAE's pass, whose decoder sees nothing of an image but the latents of the factor that varies.

        Args:
            x: images (B, C, H, W) in [0, 1].
            generator: draws the sample; torch's default where None.
            varied: the factor in which the images differ; where None, nothing is clamped.
        """
        mu, logvar = self.encode(x)
        z = sample(mu, logvar, generator)
        seen = z
        if varied is not None:
            seen = Clamp.apply(z, self.active(varied, z.device), INVARIANCE / len(z))  # type: ignore[no-untyped-call]
        return self.outputs(x, mu, logvar, z, self.decoder(seen))

    def active(self, varied: str, device: torch.device | None = None) -> torch.Tensor:
        """Booleans (L,): the latents that a factor may move."""
        latent = torch.arange(self.latents, device=device)
        if varied in self.factors:
            return latent == self.factors.index(varied)
        return latent >= len(self.factors)
