"""The objective of ControlVAE as recipes declare it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import NonNegativeFloat, PositiveFloat, model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import ObjectiveSpec, Weight, register_objective
from bvtk.objectives.schedule_spec import Staircase
from bvtk.protocols import ObjectiveContext

if TYPE_CHECKING:
    from bvtk.protocols import Objective


@register_objective("control_vae")
class ControlVae(ObjectiveSpec):
    """Reconstruction + β·KL, where a controller sets β at every step so that the KL reaches a target.

    Shao et al. 2020 ("ControlVAE: Controllable Variational Autoencoder", 2004.06218), algorithm 1:
    β = Kp/(1 + exp(e)) − Ki·Σe + β_min for the error e = target − KL of the batch. The sum stands still while β
    is clipped and the error drives it further out. In nats an image.
    """

    use: ClassVar[str] = (
        "When the KL is to be what you say, as with annealed_vae, but with a β that falls to what is needed for it and "
        "is read off the log; or to compare methods at one KL. `beta_min: 0` with `beta_max: 1` holds off posterior "
        "collapse."
    )
    weaknesses: ClassVar[str] = (
        "β moves slowly, by Ki·e a step, and oscillates where Ki is too high: watch `kl` follow `target`. The right "
        "target depends on the data. Below `beta_min` there is no control: a KL that stays under its target even "
        "there is not raised."
    )

    target: Weight = Staircase(start=0.5, end=18.0, rise=0.15, every=5000)
    """KL to reach in nats an image, a number or a schedule; the paper's rises to 16 or 18 on dSprites."""

    kp: NonNegativeFloat = 0.01
    """Kp, the most that the error of one step adds to β."""

    ki: PositiveFloat = 0.001
    """Ki, how much of every error stays in β."""

    beta_min: NonNegativeFloat = 1.0
    """The least β, and the one it begins near."""

    beta_max: PositiveFloat | None = None
    """The greatest β; left out, none."""

    @model_validator(mode="after")
    def _bounds_ascend(self) -> Self:
        if self.beta_max is not None and self.beta_max <= self.beta_min:
            context = {"most": f"{self.beta_max:g}", "least": f"{self.beta_min:g}"}
            raise PydanticCustomError("beta_max", "beta_max must be above beta_min, found {most} and {least}", context)
        return self

    def build(self, context: ObjectiveContext) -> Objective:
        """The objective as a module, whose state is the controller's integral."""
        from bvtk.objectives.control_vae import Controller, ControlVaeObjective

        most = math.inf if self.beta_max is None else self.beta_max
        controller = Controller(self.kp, self.ki, self.beta_min, most)
        target = self.target.build(context.training_steps)
        return ControlVaeObjective(target, controller, context.latents, context.image.pixels)
