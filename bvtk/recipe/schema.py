"""The classes of a recipe, with the defaults of its keys."""

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
        message = "expected 1 to 64 letters, digits, '.', '_' and '-', and not only dots"
        raise PydanticCustomError("name", message)
    return name


def _adam() -> kinds.OptimizerSpec:
    return kinds.optimizers.get("adam")()


class Training(BaseModel):
    """How the model is trained."""

    model_config = Spec.model_config

    steps: NonNegativeInt
    """Number of training steps; 0 leaves the model as it is initialised."""
    batch_size: PositiveInt = 64
    """Images per step."""
    optimizer: Annotated[kinds.OptimizerSpec, Slot(kinds.optimizers)] = Field(default_factory=_adam)
    """Optimizer (default: adam)."""
    sampler: Annotated[kinds.SamplerSpec, Slot(kinds.samplers)] | None = None
    """How batches are drawn; null uses what the model asks for, for most models shuffled images."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Precision of the networks; auto uses bf16 if the device supports it natively. Losses are always fp32."""
    compile: bool = False
    """Compile the networks with torch.compile: takes minutes at the start, then steps are faster."""
    gradient_clip: PositiveFloat | None = None
    """Maximum norm of the gradients, which larger ones are scaled down to; null never scales."""
    held_out: Annotated[float, Field(ge=0, lt=1)] = 0.01
    """Fraction of the images that are held out from training, to measure reconstruction and KL."""
    checkpoint_every: PositiveInt = 1000
    """Steps between checkpoints. An interruption loses at most this many."""
    evaluate_every: NonNegativeInt = 0
    """Steps between evaluations; 0 evaluates only at the end."""
    log_every: PositiveInt = 50
    """Steps between lines of metrics.jsonl."""
    keep: PositiveInt = 2
    """Number of checkpoints to keep; older ones are deleted."""


class Recipe(BaseModel):
    """One experiment: data, model, objective, training and metrics."""

    model_config = Spec.model_config

    name: Annotated[str, AfterValidator(_checked_name)]
    """Name of the run folder: 1 to 64 letters, digits, '.', '_' and '-'."""
    seed: NonNegativeInt = 0
    """Seed for everything random in the run."""
    dataset: Annotated[kinds.DatasetSpec, Slot(kinds.datasets)]
    """The images."""
    model: Annotated[kinds.ModelSpec, Slot(kinds.models)]
    """The model to train."""
    objective: Annotated[kinds.ObjectiveSpec, Slot(kinds.objectives)] | None = None
    """The loss to minimise; null for a model that does not learn by steps."""
    training: Training = Field(default_factory=lambda: Training(steps=0))
    """How the model is trained; leave it out for a model that does not learn by steps."""
    metrics: tuple[Annotated[kinds.MetricSpec, Slot(kinds.metrics)], ...] = ()
    """Metrics to score the trained model with."""
    sweep: Sweep | None = Field(default=None, exclude=True)
    """Variants for `bvtk sweep`; not part of the experiment itself."""
