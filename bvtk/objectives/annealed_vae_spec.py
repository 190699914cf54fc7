"""The objective of a VAE whose capacity grows, as recipes declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant, Linear
from bvtk.protocols import ObjectiveContext

if TYPE_CHECKING:
    from bvtk.protocols import Objective


@register_objective("annealed_vae")
class AnnealedVae(ObjectiveSpec):
    """Reconstruction + γ·|KL − C|, where the capacity C grows over the training.

    Burgess et al. 2018 ("Understanding disentangling in β-VAE", 1804.03599), equation 8. The KL is averaged over the
    batch before its distance from C is taken. In nats an image.
    """

    use: ClassVar[str] = (
        "When reconstructions have to be sharper than a β-VAE's: factors are learnt one after another, the one that "
        "improves the reconstruction most first, and in the end the KL is known beforehand."
    )
    weaknesses: ClassVar[str] = (
        "How fast C grows matters as much as where it ends: too fast, and several factors enter one latent together. "
        "The right C depends on the data. While the KL is below C, the objective asks for more of it whether or not "
        "it helps the reconstruction: a γ that outweighs what the first nats are worth to the images meets C with a "
        "constant code, and no latent becomes active. Then lower γ, or let C rise more slowly."
    )

    gamma: Weight = Constant(value=1000.0)
    """Weight γ of the distance between KL and capacity."""

    capacity: Weight = Linear(start=0.0, end=25.0, steps=100_000)
    """Capacity C in nats an image: a schedule, or a number that holds throughout."""

    def build(self, context: ObjectiveContext) -> Objective:
        """The objective as a module."""
        from bvtk.objectives.annealed_vae import AnnealedVaeObjective

        steps = context.training_steps
        return AnnealedVaeObjective(self.gamma.build(steps), self.capacity.build(steps))
