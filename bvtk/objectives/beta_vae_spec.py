"""The objective of β-VAE in recipes."""

from __future__ import annotations

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("beta_vae")
class BetaVae(ObjectiveSpec):
    """Reconstruction + β·KL, in nats per image.

    Higgins et al. 2017 ("beta-VAE", ICLR), equation 4. β = 1 is the VAE of Kingma & Welling 2014. Both terms are sums
    over pixels and latents, averaged over the batch, so β is that of the paper, not of libraries that average over
    pixels. β_norm = β·latents/pixels is logged too.
    """

    use = (
        "As the baseline: it has a single weight, and is the best studied method. β = 1 is a plain VAE, a rising or "
        "`cyclical` β an annealed one."
    )
    weaknesses = (
        "A higher β trades information for independence: latents become inactive and reconstructions blur, until all "
        "latents collapse. The right β depends on the data, the number of latents and the likelihood."
    )

    beta: Weight = Constant(value=4.0)
    """Weight of the KL: a number, or a schedule."""

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.beta_vae import BetaVaeObjective

        beta = self.beta.build(context.training_steps)
        return BetaVaeObjective(beta, context.latents, context.image.pixels)
