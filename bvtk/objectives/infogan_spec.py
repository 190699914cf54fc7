"""The objective of InfoGAN in recipes."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from bvtk.component import ObjectiveSpec, Optimizer, OptimizerSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("infogan")
class InfoGan(ObjectiveSpec):
    """Adversarial training in which the codes of generated images must be recognisable.

    Chen et al. 2016 (1606.03657), equations 5 and 6, with the non-saturating loss of the generator. The recipe's own
    optimiser trains the generator. The losses of both networks contain the mutual information, as in the authors' code.
    """

    needs = frozenset({"adversaries"})
    least_batch = 2

    use = (
        "For sharp images and codes without a reconstruction. Trains only the model `infogan`, which recognises the "
        "codes of the images that it generates."
    )
    weaknesses = (
        "Both networks must stay in balance: a discriminator that always wins teaches the generator little. Codes of "
        "real images are only meaningful as far as these resemble generated images. Scores vary between seeds."
    )

    information: Weight = Constant(value=1.0)
    """Weight λ of the mutual information in nats. The paper uses 1 for discrete codes, less for continuous ones; with
    the 0.1 of the authors' code, the discriminator wins on 2D shapes."""

    discriminator_optimizer: Optimizer = Field(
        default={"type": "adam", "lr": 2e-4, "beta1": 0.5}, validate_default=True
    )
    """Optimiser of the discriminator and the recognition network."""

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.infogan import InfoGanObjective

        return InfoGanObjective(self.information.build(context.training_steps))

    def optimizers(self) -> Mapping[str, OptimizerSpec]:
        return {"discriminator": self.discriminator_optimizer}
