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
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bvtk.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn


class ImageShape(NamedTuple):
    """The shape of one image, channels first, in pixels."""

    channels: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        """Channels × height × width: the N of β_norm = β·M/N."""
        return math.prod(self)

    def __str__(self) -> str:
        """`1×64×64`."""
        return "×".join(map(str, self))


class Dataset(Protocol):
    """Images, with or without ground-truth factors.

    Attributes:
        image_shape: the shape of every image.
        peak: the value of a fully lit pixel in `images`, 1 for binary images and 255 otherwise.
        factor_names: one a factor; empty where there are none.
        factor_sizes: the number of values of each factor.
        value_names: by factor, the names of its values, for those whose values have names.
        position_factors: the factors that are a horizontal and a vertical position, where there are such.
        provenance: what the images are and where they came from, as JSON values: at least `source` and `sha256`.
    """

    image_shape: ImageShape
    peak: int
    factor_names: tuple[str, ...]
    factor_sizes: tuple[int, ...]
    value_names: Mapping[str, tuple[str, ...]]
    position_factors: tuple[str, str] | None
    provenance: dict[str, Any]

    def __len__(self) -> int:
        """How many images there are."""
        ...

    def images(self, index: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Images (n, C, H, W) for integers (n,)."""
        ...

    def factors(self, index: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Factor values (n, k), each from 0 to its size − 1, for integers (n,)."""
        ...

    def index_of(self, factors: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The inverse of `factors`: indices (n,) of images with these factor values (n, k)."""
        ...


@dataclass(frozen=True)
class Codes:
    """What a metric of disentanglement sees of a model: a representation of labelled images.

    Attributes:
        codes: (n, d) floats, one row an image: for a VAE the posterior means.
        factors: (n, k) integers from 0, the factor values of the same images.
        factor_names: one a factor; made up (`factor_0`) where they were not given.
        codes_test: (m, d), where the caller separated a test set.
        factors_test: (m, k), where the caller separated a test set.
    """

    codes: NDArray[np.floating[Any]]
    factors: NDArray[np.integer[Any]]
    factor_names: tuple[str, ...]
    codes_test: NDArray[np.floating[Any]] | None = None
    factors_test: NDArray[np.integer[Any]] | None = None


@dataclass(frozen=True)
class ObjectiveContext:
    """What an objective may need to know of the run that it serves.

    Args:
        image: shape of the images.
        latents: number of latents, M.
        dataset_size: number of training images, the N of minibatch estimates.
        training_steps: length of the training, for schedules that span it.
    """

    image: ImageShape
    latents: int
    dataset_size: int
    training_steps: int


@dataclass(frozen=True)
class Outputs:
    """What a VAE makes of a batch, for its objective. All in float32.

    Attributes:
        x: (B, C, H, W) the images, in [0, 1].
        mu: (B, L) posterior means.
        logvar: (B, L) posterior log-variances, clamped.
        z: (B, L) one sample of the posterior.
        reconstruction: (B,) −log p(x|z) in nats an image, summed over pixels and channels.
        kl: (B, L) KL(q(z|x) ‖ N(0, 1)) in nats an image and latent.
    """

    x: torch.Tensor
    mu: torch.Tensor
    logvar: torch.Tensor
    z: torch.Tensor
    reconstruction: torch.Tensor
    kl: torch.Tensor


class Spec(BaseModel):
    """A component as a recipe declares it: strict, frozen, every field documented."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )

    component: ClassVar[str] = ""
    """The name that recipes use, set when the class is registered."""


class DatasetSpec(Spec):
    """Base of all data sets."""

    @abstractmethod
    def build(self) -> Dataset:
        """Opens the data set, preparing it first where that is needed.

        Raises:
            DataError: where it is missing, damaged or of the wrong form.
        """


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


class Likelihood(Protocol):
    """A likelihood as models use it: an `nn.Module` with these methods."""

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """−log p(x|z) in nats an image (B,), from the decoder's output and images, both (B, C, H, W)."""
        ...

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """The mean image (B, C, H, W), within [0, 1], from the decoder's output."""
        ...


class ModelSpec(Spec):
    """Base of all models."""

    @abstractmethod
    def build(self, image: ImageShape) -> Model:
        """The model, randomly initialised from torch's current seed."""


class Model(Protocol):
    """A model as the stages use it: an `nn.Module` with these members.

    Attributes:
        latents: number of latents, L.
    """

    latents: int

    def __call__(self, x: torch.Tensor, generator: torch.Generator | None = None) -> Outputs:
        """A training pass over images (B, C, H, W) in [0, 1]; the generator draws z."""
        ...

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Posterior means and log-variances, (B, L) each, float32."""
        ...

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Mean images (B, C, H, W) in [0, 1], float32, for latents (B, L)."""
        ...


class ObjectiveSpec(Spec):
    """Base of all objectives."""

    @abstractmethod
    def build(self, context: ObjectiveContext) -> Objective:
        """The objective, an `nn.Module` whose state (if any) is kept in checkpoints."""


class Objective(Protocol):
    """An objective as the engine uses it: an `nn.Module` that is called with a batch."""

    def __call__(self, outputs: Outputs, step: int) -> dict[str, torch.Tensor | float]:
        """`loss`, the scalar to minimise in nats an image, and every term to log beside it."""
        ...


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

    @abstractmethod
    def build(self) -> Metric:
        """The metric as a function."""


class Metric(Protocol):
    """A metric as `evaluate` and `bvtk score` use it: a function of arrays and a seed."""

    def __call__(self, codes: Codes, seed: int) -> dict[str, Any]:
        """`score`, the headline figure, and its parts, all JSON values.

        Raises:
            UsageError: where the arrays can't be scored, naming what they lack.
        """
        ...


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
