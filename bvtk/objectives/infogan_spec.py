"""The objective of InfoGAN as recipes declare it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from bvtk.component import ObjectiveSpec, Optimizer, OptimizerSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import ObjectiveContext

if TYPE_CHECKING:
    from bvtk.protocols import Objective


@register_objective("infogan")
class InfoGan(ObjectiveSpec):
    """An adversarial game in which images must tell the codes that they were made from.

    Chen et al. 2016 (1606.03657), equations 5 and 6, with the generator's loss that does not saturate. The recipe's
    own optimiser moves the generator. Both players gain from the mutual information, as in the authors' code.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"adversaries"})
    least_batch: ClassVar[int] = 2

    use: ClassVar[str] = (
        "For sharp images and codes without a reconstruction: the model `infogan` alone, whose codes are asked of the "
        "images that it makes."
    )
    weaknesses: ClassVar[str] = (
        "Two players have to stay in balance: a discriminator that always wins teaches the generator little. Codes of "
        "real images are known only as far as these resemble generated ones, and scores vary between seeds."
    )

    information: Weight = Constant(value=1.0)
    """Weight λ of the mutual information in nats: the paper has 1 for discrete codes and less for continuous ones, but
    at its authors' 0.1 the discriminator wins on 2D shapes."""

    discriminator_optimizer: Optimizer = Field(
        default={"type": "adam", "lr": 2e-4, "beta1": 0.5}, validate_default=True
    )
    """Moves the discriminator and the recognition network."""

    def build(self, context: ObjectiveContext) -> Objective:
        """The objective as a module."""
        from bvtk.objectives.infogan import InfoGanObjective

        return InfoGanObjective(self.information.build(context.training_steps))

    def optimizers(self) -> Mapping[str, OptimizerSpec]:
        """The discriminator's."""
        return {"discriminator": self.discriminator_optimizer}
