"""The objective of β-VAE as recipes declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import ObjectiveContext

if TYPE_CHECKING:
    from bvtk.protocols import Objective


@register_objective("beta_vae")
class BetaVae(ObjectiveSpec):
    """Reconstruction + β·KL, in nats an image.

    Higgins et al. 2017 ("beta-VAE", ICLR), equation 4. β = 1 is the VAE of Kingma & Welling 2014. Both terms
    are sums over pixels and latents, averaged over the batch: β here is the paper's, not that of libraries
    which average over pixels. β_norm = β·latents/pixels is logged beside it.
    """

    use: ClassVar[str] = (
        "The baseline: one weight, nothing to balance, and the most that is known about any method. With β = 1 a plain "
        "VAE, with a `cyclical` or rising β an annealed one."
    )
    weaknesses: ClassVar[str] = (
        "A higher β buys independence with information: latents fall silent and reconstructions blur, until all "
        "collapse. The right β depends on the data, the number of latents and the likelihood; no β is good for all."
    )

    beta: Weight = Constant(value=4.0)
    """Weight of the KL: a number, or a schedule."""

    def build(self, context: ObjectiveContext) -> Objective:
        """The objective as a module."""
        from bvtk.objectives.beta_vae import BetaVaeObjective

        beta = self.beta.build(context.training_steps)
        return BetaVaeObjective(beta, context.latents, context.image.pixels)
