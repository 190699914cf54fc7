"""Training passes with given numbers, and objectives to call with them."""

from __future__ import annotations

from typing import Any

import torch

from bvtk.component import objectives, parse
from bvtk.passes import Outputs
from bvtk.protocols import ImageShape, ObjectiveContext


def build(name: str, latents: int = 2, dataset_size: int = 1000, **fields: Any) -> Any:
    """An objective for a training of 100 steps."""
    context = ObjectiveContext(ImageShape(1, 64, 64), latents, dataset_size, training_steps=100)
    return parse(objectives.get(name), fields).build(context)


def outputs(
    mu: Any = ((0.0, 0.0), (0.0, 0.0)), logvar: Any = None, z: Any = None, kl: Any = None, reconstruction: Any = None
) -> Outputs:
    """A pass; missing values are 0, and samples are means."""
    mu_BL = torch.as_tensor(mu)
    given = [torch.zeros_like(mu_BL) if value is None else torch.as_tensor(value) for value in (logvar, kl)]
    z_BL = mu_BL if z is None else torch.as_tensor(z)
    reconstruction_B = mu_BL.new_zeros(len(mu_BL)) if reconstruction is None else torch.as_tensor(reconstruction)
    return Outputs(torch.zeros(len(mu_BL), 1, 64, 64), mu_BL, given[0], z_BL, reconstruction_B, given[1])


def numbers(terms: dict[str, Any]) -> dict[str, float]:
    """Terms as numbers."""
    return {name: torch.as_tensor(term).item() for name, term in terms.items()}
