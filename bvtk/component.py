"""What a component is: a spec that recipes fill in, the registry that knows it, the slot that takes it.

A spec is data. Its fields are what a recipe says; what exists only at run time arrives as arguments
of `build`. Nothing here imports torch or NumPy when it loads.
"""

from __future__ import annotations

import json
import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bvtk.errors import PluginError
from bvtk.protocols import (
    Dataset,
    ImageShape,
    Likelihood,
    Metric,
    Model,
    Objective,
    ObjectiveContext,
    missing_members,
)
from bvtk.registry import Registry

if TYPE_CHECKING:
    import torch
    from torch import nn


class Spec(BaseModel):
    """A component as a recipe declares it: strict, frozen, every field documented."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,  # a default is what a recipe would say: a number may stand for a schedule
    )

    component: ClassVar[str] = ""
    """The name that recipes use, set when the class is registered."""

    capturable: ClassVar[bool | None] = None
    """Whether what it builds can be recorded on a GPU and replayed: every step runs the same operations on the device
    alone, and no Python value that changes decides what they are. None is yes for bvtk's own and no for others."""

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """What `bvtk show` and the docs say beside the docstring, by heading."""
        return {}


class DatasetSpec(Spec):
    """Base of all data sets."""

    @abstractmethod
    def build(self) -> Dataset:
        """Opens the data set, preparing it first where that is needed.

        Raises:
            DataError: where it is missing, damaged or of the wrong form.
        """

    def open(self) -> Dataset:
        """Builds the data set and checks that it has every member of `Dataset`.

        Raises:
            PluginError: if it lacks a member.
            DataError: as `build` does.
        """
        dataset = self.build()
        if missing := missing_members(dataset):
            raise PluginError(
                f"data set {self.component!r}: its {type(dataset).__name__} lacks {', '.join(missing)}",
                "derive the class from bvtk.Dataset, which has defaults for some of them, or use bvtk.data.ImageSet",
            )
        return dataset


class EncoderSpec(Spec):
    """Base of all encoders."""

    @abstractmethod
    def build(self, image: ImageShape, outputs: int) -> nn.Module:
        """A module that maps images (B, C, H, W) in [0, 1] to (B, outputs).

        Args:
            image: shape of the images.
            outputs: for a VAE twice the number of latents: means, then log-variances.

        Raises:
            UsageError: where the network does not fit the images.
        """


class DecoderSpec(Spec):
    """Base of all decoders."""

    @abstractmethod
    def build(self, latents: int, image: ImageShape) -> nn.Module:
        """A module that maps latents (B, latents) to (B, C, H, W), what the likelihood takes.

        Raises:
            UsageError: where the network does not fit the images.
        """


class LikelihoodSpec(Spec):
    """Base of all likelihoods p(x|z)."""

    @abstractmethod
    def build(self, image: ImageShape) -> Likelihood:
        """The likelihood as a module, its parameters (if any) among the model's."""


class ModelSpec(Spec):
    """Base of all models."""

    learns: ClassVar[Literal["steps", "fit", "nothing"]] = "steps"
    """How it learns: step by step from an objective, fitted at one go (`Fitted`), or not at all."""

    family: ClassVar[str] = "vae"
    """What its training pass gives: objectives of the same family can train it. For models that learn by steps."""

    reads: ClassVar[Literal["images", "factors"]] = "images"
    """What `encode` is given."""

    batches: ClassVar[Literal["shuffled", "one_factor"]] = "shuffled"
    """What its training batches are: images at random, or images that differ in one factor alone."""

    reconstructs: ClassVar[bool] = True
    """Whether decoding a code gives the image that it was made from, as far as the model can."""

    code_range: ClassVar[tuple[float, float] | None] = None
    """The least and the largest value of a code, where its prior is uniform between them; traversals span it."""

    @abstractmethod
    def build(self, image: ImageShape) -> Model:
        """The model, randomly initialised from torch's current seed."""

    def check(self, dataset: Dataset) -> None:
        """Checks that the model can learn from a data set, before anything is built.

        Raises:
            UsageError: naming what the data set lacks.
        """


class ObjectiveSpec(Spec):
    """Base of all objectives."""

    family: ClassVar[str] = "vae"
    """The models that it can train: those whose training pass is of this family."""

    least_batch: ClassVar[int] = 1
    """Images that a batch must have: 2 where images of a batch are held against each other."""

    use: ClassVar[str] = ""
    """What it is good for, and when to prefer it to others."""

    weaknesses: ClassVar[str] = ""
    """What it is known to do badly, and what to watch."""

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """When to choose it, and what to expect."""
        return {heading: text for heading, text in {"use": cls.use, "weaknesses": cls.weaknesses}.items() if text}

    @abstractmethod
    def build(self, context: ObjectiveContext) -> Objective:
        """The objective, an `nn.Module` whose state (if any) is kept in checkpoints."""

    def optimizers(self) -> Mapping[str, OptimizerSpec]:
        """Optimisers beside the recipe's, by the part that each trains; none for most objectives."""
        return {}


class ScheduleSpec(Spec):
    """Base of all schedules: a value for every training step."""

    @abstractmethod
    def build(self, training_steps: int) -> Callable[[int], float]:
        """The schedule as a pure function of the step, counted from 0.

        Args:
            training_steps: length of the training, for schedules that span it.
        """

    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value it can give, which recipes are checked by."""
        return (-math.inf, math.inf)


class MetricSpec(Spec):
    """Base of all metrics of disentanglement."""

    needs_factors: ClassVar[bool] = True
    """Whether it can only score data with ground-truth factors."""

    lowest: ClassVar[float | None] = 0.0
    """The least that its score can be; None where nothing bounds it."""

    highest: ClassVar[float | None] = 1.0
    """The most that its score can be; None where nothing bounds it."""

    chance: ClassVar[str] = ""
    """What codes that know nothing of the factors score, in words; empty where there is no such level."""

    chance_score: ClassVar[float | None] = None
    """The same as a number, for reports, where it is one for all data; else a result may hold its own `chance`."""

    use: ClassVar[str] = ""
    """What it is good for, and when to prefer it to others."""

    weaknesses: ClassVar[str] = ""
    """What it is known to get wrong, and what must be said with its figure."""

    @property
    def takes_real_factors(self) -> bool:
        """Whether, as it is set, factors may be real numbers and not only the numbers of their values."""
        return not self.needs_factors

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """How to read its score."""
        least, most = ("unbounded" if end is None else f"{end:g}" for end in (cls.lowest, cls.highest))
        words = {"range": f"{least} to {most}", "chance": cls.chance, "use": cls.use, "weaknesses": cls.weaknesses}
        return {heading: text for heading, text in words.items() if text}

    @abstractmethod
    def build(self) -> Metric:
        """The metric as a function."""


S = TypeVar("S", bound=Spec)

datasets: Registry[DatasetSpec] = Registry("dataset")
encoders: Registry[EncoderSpec] = Registry("encoder")
decoders: Registry[DecoderSpec] = Registry("decoder")
likelihoods: Registry[LikelihoodSpec] = Registry("likelihood")
models: Registry[ModelSpec] = Registry("model")
objectives: Registry[ObjectiveSpec] = Registry("objective")
schedules: Registry[ScheduleSpec] = Registry("schedule")
optimizers: Registry[OptimizerSpec] = Registry("optimizer")
metrics: Registry[MetricSpec] = Registry("metric")

REGISTRIES: Mapping[str, Registry[Any]] = {
    registry.kind: registry
    for registry in (datasets, encoders, decoders, likelihoods, models, objectives, schedules, optimizers, metrics)
}
"""Every kind of component, by its name in the singular."""


def _registrar(registry: Registry[S]) -> Callable[[str], Callable[[type[S]], type[S]]]:
    def register(name: str) -> Callable[[type[S]], type[S]]:
        """Registers the decorated spec under the name that recipes will use."""

        def decorate(spec: type[S]) -> type[S]:
            registry.register(name)(spec)
            spec.component = name
            return spec

        return decorate

    return register


register_dataset = _registrar(datasets)
register_encoder = _registrar(encoders)
register_decoder = _registrar(decoders)
register_likelihood = _registrar(likelihoods)
register_model = _registrar(models)
register_objective = _registrar(objectives)
register_schedule = _registrar(schedules)
register_optimizer = _registrar(optimizers)
register_metric = _registrar(metrics)


@dataclass(frozen=True)
class Slot:
    """Marks a field that takes any component of a registry: `Annotated[EncoderSpec, Slot(encoders)]`.

    The `type` is looked up when a recipe is validated, so plugins may register at any time before
    that, and the place of an error is the plain path of keys: `model.encoder.width`.

    Args:
        registry: where the `type` is looked up.
        number: the component that a bare number stands for, as `{type: …, value: number}`; none by default.
        bounds: the least and the largest value that a schedule may give here.
    """

    registry: Registry[Any]
    number: str | None = None
    bounds: tuple[float, float] = field(default=(-math.inf, math.inf))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validates by looking the type up, serialises with the type in front."""
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(dump),
            metadata={"slot": self},
        )

    def validate(self, value: Any) -> Spec:
        """A component from what a recipe says: a mapping with `type`, or a bare name or number."""
        spec = self._read(value)
        if isinstance(spec, ScheduleSpec):
            self._check_bounds(spec)
        return spec

    def _read(self, value: Any) -> Spec:
        kind = self.registry.kind
        if isinstance(value, Spec):
            if value.component in self.registry and type(value) is self.registry.get(value.component):
                return value
            context = {"what": type(value).__name__, "kind": kind}
            raise PydanticCustomError("slot", "{what} is no registered {kind}", context)
        if isinstance(value, str):
            value = {"type": value}
        elif self.number and isinstance(value, int | float) and not isinstance(value, bool):
            value = {"type": self.number, "value": value}
        if not isinstance(value, dict):
            expected = f"a {kind}: its name or a mapping with 'type'" + (", or a number" if self.number else "")
            raise PydanticCustomError("slot", "expected {expected}", {"expected": expected})
        name = value.get("type")
        if not isinstance(name, str):
            raise PydanticCustomError(
                "slot_type",
                "a {kind} needs a 'type', {known}",
                {"kind": kind, "known": self.registry.suggest("")},
            )
        if name not in self.registry:
            raise PydanticCustomError(
                "slot_type",
                "unknown {kind} '{name}', {known}",
                {"kind": kind, "name": name, "known": self.registry.suggest(name)},
            )
        fields = {key: item for key, item in value.items() if key != "type"}
        spec: Spec = parse(self.registry.get(name), fields)
        return spec

    def _check_bounds(self, spec: ScheduleSpec) -> None:
        (least, most), (low, high) = self.bounds, spec.bounds()
        if low < least or high > most:
            wanted = f"at least {least:g}" if math.isinf(most) else f"between {least:g} and {most:g}"
            found = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            context = {"wanted": wanted, "found": found}
            raise PydanticCustomError("slot_bounds", "must be {wanted}, found {found}", context)


M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], data: Mapping[str, Any]) -> M:
    """Validates data as it comes from YAML: strict, except that a list may fill a tuple.

    Raises:
        pydantic.ValidationError: with every error in the data.
    """
    return model.model_validate_json(json.dumps(data), strict=True)


def dump(spec: Spec) -> dict[str, Any]:
    """The complete mapping that a recipe would say to get this component, `type` first."""
    return {"type": spec.component} | spec.model_dump(mode="json")


Encoder = Annotated[EncoderSpec, Slot(encoders)]
"""A field that takes an encoder."""
Decoder = Annotated[DecoderSpec, Slot(decoders)]
"""A field that takes a decoder."""
LikelihoodSlot = Annotated[LikelihoodSpec, Slot(likelihoods)]
"""A field that takes a likelihood."""
Schedule = Annotated[ScheduleSpec, Slot(schedules, number="constant")]
"""A field that takes a schedule; a bare number is a constant one."""
Weight = Annotated[ScheduleSpec, Slot(schedules, number="constant", bounds=(0.0, math.inf))]
"""A field that takes a schedule with no negative value."""


class OptimizerSpec(Spec):
    """Base of all optimisers."""

    lr: Weight = Field(default=5e-4, validate_default=True)
    """Learning rate, a number or a schedule."""

    @abstractmethod
    def build(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """The optimiser over these parameters; the engine sets its learning rate each step."""


Optimizer = Annotated[OptimizerSpec, Slot(optimizers)]
"""A field that takes an optimiser."""
