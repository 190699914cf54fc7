"""The terms of the evidence lower bound, which most objectives of VAEs contain."""

from __future__ import annotations

from collections.abc import Callable

import torch

Schedule = Callable[[int], float]
"""A weight as a function of the training step."""


def bound_terms(reconstruction_B: torch.Tensor, kl_BL: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Reconstruction and KL, whose sum is the negative evidence lower bound. Kingma & Welling 2014, equation 3.

    From −log p(x|z) in nats per image and KL(q(z|x) ‖ p(z)) in nats per image and latent, two scalars in nats per
    image: sums over pixels and latents, averaged over the batch.
    """
    return reconstruction_B.mean(), kl_BL.sum(dim=1).mean()
