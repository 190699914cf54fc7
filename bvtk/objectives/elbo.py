"""The terms of the evidence lower bound, which most objectives of VAEs contain."""

from __future__ import annotations

import torch


def bound_terms(reconstruction_B: torch.Tensor, kl_BL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Reconstruction and KL, whose sum is the negative evidence lower bound. Kingma & Welling 2014, equation 3.

    Args:
        reconstruction_B: −log p(x|z) in nats per image.
        kl_BL: KL(q(z|x) ‖ p(z)) in nats per image and latent.

    Returns:
        Scalars in nats per image: sums over pixels and latents, averaged over the batch.
    """
    return reconstruction_B.mean(), kl_BL.sum(dim=1).mean()
