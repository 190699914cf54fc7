"""What a recipe says: the experiment, with every default in its one home."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, NonNegativeInt, PositiveFloat, PositiveInt
from pydantic_core import PydanticCustomError

from bvtk import component as kinds
from bvtk.component import Slot, Spec
from bvtk.recipe.sweep_schema import Sweep

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name) or not name.strip("."):
        raise PydanticCustomError(
            "name", "letters, digits, '.', '_' and '-' make a name, 64 at most, and not dots alone"
        )
    return name


def _adam() -> kinds.OptimizerSpec:
    return kinds.optimizers.get("adam")()


class Training(BaseModel):
    """How the model is trained."""

    model_config = Spec.model_config

    steps: NonNegativeInt
    """Training steps; 0 leaves the model as it was initialised."""
    batch_size: PositiveInt = 64
    """Images per step."""
    sampler: Annotated[kinds.SamplerSpec, Slot(kinds.samplers)] | None = None
    """What a batch consists of; null takes what the model asks for: for most models shuffled images."""
    optimizer: Annotated[kinds.OptimizerSpec, Slot(kinds.optimizers)] = Field(default_factory=_adam)
    """What turns gradients into steps; adam by default."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Arithmetic of the networks: auto takes bf16 where the processor has it natively. Losses are always fp32."""
    compile: bool = False
    """Whether torch.compile compiles the networks: minutes at the start, faster steps after."""
    gradient_clip: PositiveFloat | None = None
    """The norm that gradients are scaled down to where theirs is larger; null never does."""
    held_out: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Fraction of the images that never train; reconstruction and KL are measured on them."""
    checkpoint_every: PositiveInt = 1000
    """Steps between checkpoints: what an interruption may cost at most."""
    evaluate_every: NonNegativeInt = 0
    """Steps between evaluations; 0 evaluates at the end alone."""
    log_every: PositiveInt = 50
    """Steps between lines of metrics.jsonl."""
    keep: PositiveInt = 2
    """Checkpoints kept, the newest ones."""


class Recipe(BaseModel):
    """One experiment: data, model, objective, training, and how the result is measured."""

    model_config = Spec.model_config

    name: Annotated[str, AfterValidator(_checked_name)]
    """What the run's folder is called: letters, digits, '.', '_' and '-', 64 at most."""
    seed: NonNegativeInt = 0
    """Seed of everything random in the run."""
    dataset: Annotated[kinds.DatasetSpec, Slot(kinds.datasets)]
    """Where the images come from."""
    model: Annotated[kinds.ModelSpec, Slot(kinds.models)]
    """What is trained."""
    objective: Annotated[kinds.ObjectiveSpec, Slot(kinds.objectives)] | None = None
    """What training minimises; none for a model that does not learn by steps."""
    training: Training = Field(default_factory=lambda: Training(steps=0))
    """How the model is trained; left out for a model that does not learn by steps."""
    metrics: tuple[Annotated[kinds.MetricSpec, Slot(kinds.metrics)], ...] = ()
    """What the trained model is scored by."""
    sweep: Sweep | None = Field(default=None, exclude=True)
    """Variants that `bvtk sweep` runs; no part of the experiment itself."""
