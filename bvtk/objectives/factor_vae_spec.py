"""The objective of FactorVAE as recipes declare it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, PositiveInt

from bvtk.component import ObjectiveSpec, Optimizer, OptimizerSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import ObjectiveContext

if TYPE_CHECKING:
    from bvtk.protocols import Objective


@register_objective("factor_vae")
class FactorVae(ObjectiveSpec):
    """Reconstruction + KL + γ·TC, the total correlation estimated by a discriminator trained beside the VAE.

    Kim & Mnih 2018 ("Disentangling by Factorising", 1802.05983), equation 2 and algorithm 2: TC = E[log(D/(1 − D))],
    where D tells samples of q(z) from samples whose latents are permuted over a second half of the batch. Both players
    move at once; the paper has them move in turns. In nats an image.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction", "sample"})
    least_batch: ClassVar[int] = 2
    use: ClassVar[str] = (
        "When a β-VAE's reconstructions are too blurred: beyond a VAE's own KL only the dependence between latents "
        "is penalised, not the information that they carry. The estimate needs no size of the data set."
    )
    weaknesses: ClassVar[str] = (
        "The estimate is as good as the discriminator: one that has fallen behind, at an accuracy near 0.5, reports a "
        "total correlation near 0 that need not be so. Adversarial training may become unstable at a high γ. Half of "
        "a small batch leaves few samples to permute. Samples of q(z) that are independent may still have means that "
        "are not."
    )

    gamma: Weight = Constant(value=35.0)
    """Weight γ of the total correlation: 35 in the paper on 2D shapes, 10 to 100 in its follow-ups."""

    hidden: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1000,) * 6
    """Units of each hidden layer of the discriminator, with leaky ReLUs of slope 0.2. Without any it could not tell
    latents that are permuted."""

    discriminator_optimizer: Optimizer = Field(
        default={"type": "adam", "lr": 1e-4, "beta1": 0.5, "beta2": 0.9}, validate_default=True
    )
    """Moves the discriminator; the recipe's own optimiser moves the VAE."""

    def build(self, context: ObjectiveContext) -> Objective:
        """The objective as a module, with its discriminator."""
        from bvtk.objectives.factor_vae import FactorVaeObjective, build_discriminator

        discriminator = build_discriminator(context.latents, self.hidden)
        return FactorVaeObjective(self.gamma.build(context.training_steps), discriminator)

    def optimizers(self) -> Mapping[str, OptimizerSpec]:
        """The discriminator's."""
        return {"discriminator": self.discriminator_optimizer}
