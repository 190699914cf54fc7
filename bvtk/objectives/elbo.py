"""The terms of the evidence lower bound, which the objectives of a VAE begin with."""

from __future__ import annotations

import torch

from bvtk.protocols import Outputs


def bound_terms(outputs: Outputs) -> tuple[torch.Tensor, torch.Tensor]:
    """Reconstruction and KL, whose sum is the negative evidence lower bound. Kingma & Welling 2014, equation 3.

    Args:
        outputs: a training pass; its terms are summed over pixels and given for each latent.

    Returns:
        Scalars in nats an image: sums over pixels and latents, averaged over the batch.
    """
    return outputs.reconstruction.mean(), outputs.kl.sum(dim=1).mean()
