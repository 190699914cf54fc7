"""The objective of FactorVAE in recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, PositiveInt

from bvtk.component import ObjectiveSpec, Optimizer, OptimizerSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Constant
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("factor_vae")
class FactorVae(ObjectiveSpec):
    """Reconstruction + KL + γ·TC, where a discriminator, trained too, estimates the total correlation TC.

    Kim & Mnih 2018 ("Disentangling by Factorising", 1802.05983), equation 2 and algorithm 2: TC = E[log(D/(1 − D))],
    where D distinguishes samples of q(z) from samples whose latents are permuted over a second half of the batch. Both
    networks take each step together; in the paper they alternate. In nats per image.
    """

    needs = frozenset({"reconstruction", "sample"})
    least_batch = 2
    use = (
        "When the reconstructions of a β-VAE are too blurred: apart from the KL of a VAE, only the dependence between "
        "latents is penalised, not their information. The estimate does not need the size of the data set."
    )
    weaknesses = (
        "The estimate is only as good as the discriminator: a weak one, with an accuracy near 0.5, estimates a total "
        "correlation near 0 even if it is larger. Adversarial training may become unstable at a high γ. Half of a "
        "small batch has few samples to permute. Even if samples of q(z) are independent, their means may not be."
    )

    gamma: Weight = Constant(value=35.0)
    """Weight γ of the total correlation; 35 in the paper on 2D shapes, 10 to 100 in later work."""

    hidden: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1000,) * 6
    """Units of each hidden layer of the discriminator, with leaky ReLUs of slope 0.2. At least one: a linear
    discriminator can't recognise permuted latents."""

    discriminator_optimizer: Optimizer = Field(
        default={"type": "adam", "lr": 1e-4, "beta1": 0.5, "beta2": 0.9}, validate_default=True
    )
    """Optimiser of the discriminator; the recipe's own optimiser trains the VAE."""

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.factor_vae import FactorVaeObjective, build_discriminator

        discriminator = build_discriminator(context.latents, self.hidden)
        return FactorVaeObjective(self.gamma.build(context.training_steps), discriminator)

    def optimizers(self) -> Mapping[str, OptimizerSpec]:
        return {"discriminator": self.discriminator_optimizer}
