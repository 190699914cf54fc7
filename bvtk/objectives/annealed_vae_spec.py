"""The objective of a VAE with a growing capacity, in recipes."""

from __future__ import annotations

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant, Linear
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("annealed_vae")
class AnnealedVae(ObjectiveSpec):
    """Reconstruction + γ·|KL − C|, where the capacity C grows during training.

    Burgess et al. 2018 ("Understanding disentangling in β-VAE", 1804.03599), equation 8. The KL is averaged over the
    batch before the distance from C is computed. In nats per image.
    """

    use = (
        "When reconstructions must be sharper than those of a β-VAE. Factors are learnt one after another, beginning "
        "with the one that improves the reconstruction most, and the final KL is known in advance."
    )
    weaknesses = (
        "How fast C grows matters as much as its final value: if it grows too fast, one latent learns several factors "
        "together. The right C depends on the data. While the KL is below C, the objective rewards more of it, whether "
        "or not this helps the reconstruction. If γ is larger than the gain in reconstruction from the first nats, a "
        "constant code reaches C and no latent becomes active. Then lower γ, or let C rise more slowly."
    )

    gamma: Weight = Constant(value=1000.0)
    """Weight γ of the distance between KL and capacity."""

    capacity: Weight = Linear(start=0.0, end=25.0, steps=100_000)
    """Capacity C in nats per image: a schedule, or a constant."""

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.annealed_vae import AnnealedVaeObjective

        steps = context.training_steps
        return AnnealedVaeObjective(self.gamma.build(steps), self.capacity.build(steps))
