"""The objective of ControlVAE in recipes."""

from __future__ import annotations

import math
from typing import Self

from pydantic import NonNegativeFloat, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Staircase
from bvtk.protocols import Objective, ObjectiveContext


@register_objective("control_vae")
class ControlVae(ObjectiveSpec):
    """Reconstruction + β·KL, where a controller sets β at every step so that the KL reaches a target.

    Shao et al. 2020 ("ControlVAE: Controllable Variational Autoencoder", 2004.06218), algorithm 1:
    β = Kp/(1 + exp(e)) − Ki·Σe + β_min for the error e = target − KL of the batch. The sum is constant while β is
    clipped and the error drives it further out of bounds. In nats per image.
    """

    use = (
        "When the KL should have a given value, as with annealed_vae, but with a β that falls to what this needs and "
        "is logged; or to compare methods at the same KL. `beta_min: 0` with `beta_max: 1` prevents posterior collapse."
    )
    weaknesses = (
        "β changes slowly, by Ki·e per step, and oscillates if Ki is too high: check in the log that `kl` follows "
        "`target`. The right target depends on the data. A KL that stays below its target although β is at `beta_min` "
        "is not raised."
    )

    target: Weight = Staircase(start=0.5, end=18.0, rise=0.15, every=5000)
    """Target KL in nats per image, a number or a schedule; in the paper it rises to 16 or 18 on dSprites."""

    kp: NonNegativeFloat = 0.01
    """Kp, the most that the error of one step can add to β."""

    ki: PositiveFloat = 0.001
    """Ki, weight of the sum of all errors in β."""

    beta_min: NonNegativeFloat = 1.0
    """Lowest β; training starts near it."""

    beta_max: PositiveFloat | None = None
    """Highest β (default: unlimited)."""

    @model_validator(mode="after")
    def _bounds_ascend(self) -> Self:
        if self.beta_max is not None and self.beta_max <= self.beta_min:
            context = {"most": f"{self.beta_max:g}", "least": f"{self.beta_min:g}"}
            raise PydanticCustomError("beta_max", "beta_max must be above beta_min ({least}), found {most}", context)
        return self

    def build(self, context: ObjectiveContext) -> Objective:
        from bvtk.objectives.control_vae import Controller, ControlVaeObjective

        most = math.inf if self.beta_max is None else self.beta_max
        controller = Controller(self.kp, self.ki, self.beta_min, most)
        target = self.target.build(context.training_steps)
        return ControlVaeObjective(target, controller, context.latents, context.image.pixels)
