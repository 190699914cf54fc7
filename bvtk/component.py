"""Every kind of component: its base class, its registry, and the type of fields that take one.

Importing this module does not import torch or NumPy.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

from pydantic import Field

from bvtk.kinds import DatasetSpec as DatasetSpec
from bvtk.kinds import DecoderSpec as DecoderSpec
from bvtk.kinds import EncoderSpec as EncoderSpec
from bvtk.kinds import LauncherSpec as LauncherSpec
from bvtk.kinds import LikelihoodSpec as LikelihoodSpec
from bvtk.kinds import MetricSpec as MetricSpec
from bvtk.kinds import ModelSpec as ModelSpec
from bvtk.kinds import SamplerSpec as SamplerSpec
from bvtk.kinds import ScheduleSpec as ScheduleSpec
from bvtk.protocols import Objective, ObjectiveContext
from bvtk.registry import Registry
from bvtk.spec import Slot as Slot
from bvtk.spec import Spec as Spec
from bvtk.spec import dump as dump
from bvtk.spec import one_error as one_error
from bvtk.spec import parse as parse

if TYPE_CHECKING:
    import torch
    from torch import nn


datasets: Registry[DatasetSpec] = Registry("dataset")
encoders: Registry[EncoderSpec] = Registry("encoder")
decoders: Registry[DecoderSpec] = Registry("decoder")
likelihoods: Registry[LikelihoodSpec] = Registry("likelihood")
samplers: Registry[SamplerSpec] = Registry("sampler")
models: Registry[ModelSpec] = Registry("model")
objectives: Registry[ObjectiveSpec] = Registry("objective")
schedules: Registry[ScheduleSpec] = Registry("schedule")
optimizers: Registry[OptimizerSpec] = Registry("optimizer")
metrics: Registry[MetricSpec] = Registry("metric")
launchers: Registry[LauncherSpec] = Registry("launcher")

IN_RECIPES = (datasets, samplers, encoders, decoders, likelihoods, models, objectives, schedules, optimizers, metrics)
"""The registries of the components that recipes contain. Others are named on the command line only."""
REGISTRIES: Mapping[str, Registry[Any]] = {registry.kind: registry for registry in (*IN_RECIPES, launchers)}
"""The registry of each kind of component, by its name in the singular."""


register_dataset = datasets.register
register_encoder = encoders.register
register_decoder = decoders.register
register_likelihood = likelihoods.register
register_sampler = samplers.register
register_model = models.register
register_objective = objectives.register
register_schedule = schedules.register
register_optimizer = optimizers.register
register_metric = metrics.register
register_launcher = launchers.register

Encoder = Annotated[EncoderSpec, Slot(encoders)]
"""A field that takes an encoder."""
Decoder = Annotated[DecoderSpec, Slot(decoders)]
"""A field that takes a decoder."""
LikelihoodSlot = Annotated[LikelihoodSpec, Slot(likelihoods)]
"""A field that takes a likelihood."""
Schedule = Annotated[ScheduleSpec, Slot(schedules, number="constant")]
"""A field that takes a schedule; a bare number is a constant one."""
Weight = Annotated[ScheduleSpec, Slot(schedules, number="constant", bounds=(0.0, math.inf))]
"""A field that takes a schedule without negative values."""


Parameters: TypeAlias = "Iterable[nn.Parameter] | Iterable[dict[str, Any]]"
"""The argument of torch's optimisers: parameters, or groups of parameters with their own settings."""


class OptimizerSpec(Spec):
    """Base of all optimisers."""

    lr: Weight = Field(default=5e-4, validate_default=True)
    """Learning rate, a number or a schedule."""

    decay_biases: bool = True
    """Whether weight decay applies to biases and normalisation layers, all parameters of less than two dimensions."""

    @abstractmethod
    def build(self, parameters: Parameters) -> torch.optim.Optimizer:
        """The optimiser of these parameters or groups of parameters.

        The engine sets the learning rate of every group before each step: that of the schedule, times the group's
        `lr_scale` if it has one.
        """

    def over(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser of parameters, in groups according to `decay_biases`."""
        if self.decay_biases:
            return self.build(parameters)
        decayed = [parameter for parameter in parameters if parameter.ndim > 1]
        others = [parameter for parameter in parameters if parameter.ndim <= 1]
        groups: list[dict[str, Any]] = [{"params": decayed}, {"params": others, "weight_decay": 0.0}]
        return self.build([group for group in groups if group["params"]])


Optimizer = Annotated[OptimizerSpec, Slot(optimizers)]
"""A field that takes an optimiser."""


class ObjectiveSpec(Spec):
    """Base of all objectives."""

    needs: ClassVar[frozenset[str]] = frozenset({"reconstruction", "posterior"})
    """What it needs from a model's training pass, by the names in `passes.CAPABILITIES` or a plugin's names."""

    least_batch: ClassVar[int] = 1
    """Smallest batch size: 2 if it compares the images of a batch."""

    use: ClassVar[str] = ""
    """When to use it, and when to prefer it to others."""

    weaknesses: ClassVar[str] = ""
    """Known weaknesses, and what to check."""

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """When to use it, and its weaknesses."""
        return {heading: text for heading, text in {"use": cls.use, "weaknesses": cls.weaknesses}.items() if text}

    @abstractmethod
    def build(self, context: ObjectiveContext) -> Objective:
        """The objective, an `nn.Module` whose state, if any, is part of checkpoints.

        The schedules of its weights must be attributes of it or of its submodules, by themselves or in lists and dicts,
        so that recorded steps on a GPU find them.
        """

    def optimizers(self) -> Mapping[str, OptimizerSpec]:
        """Optimisers besides the recipe's, by the part that each trains; none for most objectives."""
        return {}
