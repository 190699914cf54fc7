"""What crosses between the rooms: images, codes, outputs, and what built components promise to do.

Nothing here imports torch or NumPy when it loads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


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


Role = Literal["category", "horizontal", "vertical"]
"""What a factor means beyond its numbers: a kind of thing (such as a shape), or a position along an axis."""

_POSITIONS = (("x", "y"), ("position_x", "position_y"))


def conventional_roles(names: Sequence[str]) -> dict[str, Role]:
    """Roles of factors by their well-known names, for data that does not declare them.

    `shape` is a category. `x` and `y`, or `position_x` and `position_y`, are the horizontal and the vertical
    position if both are there.
    """
    roles: dict[str, Role] = {"shape": "category"} if "shape" in names else {}
    for horizontal, vertical in _POSITIONS:
        if horizontal in names and vertical in names:
            return {**roles, horizontal: "horizontal", vertical: "vertical"}
    return roles


def factor_with_role(roles: Mapping[str, Role], role: Role) -> str | None:
    """The first factor that has a role; None if no factor has it."""
    return next((name for name, found in roles.items() if found == role), None)


def position_factors(roles: Mapping[str, Role]) -> tuple[str, str] | None:
    """The horizontal and the vertical factor; None unless both are there."""
    horizontal, vertical = factor_with_role(roles, "horizontal"), factor_with_role(roles, "vertical")
    return (horizontal, vertical) if horizontal and vertical else None


class Dataset(Protocol):
    """Images, with or without ground-truth factors.

    `bvtk.data.ImageSet` implements it. A class of your own may derive from this one to inherit the defaults of
    `value_names`, `factor_roles`, `weights` and `sequences`.

    Attributes:
        image_shape: the shape of every image.
        peak: the value of a fully lit pixel in `images`, 1 for binary images and 255 otherwise.
        factor_names: one per factor; empty if there are none.
        factor_sizes: the number of values of each factor.
        provenance: what the images are and where they came from, as JSON values: at least `source` and `sha256`.
        value_names: by factor, the names of its values, for factors whose values have names.
        weights: (N,) how likely each image is to be drawn in training, not normalised; None if all are equally likely.
        sequences: (N,) the number of the sequence that each image belongs to. The images of a sequence have
            consecutive indices, in their order. None if the images are not sequences.
    """

    image_shape: ImageShape
    peak: int
    factor_names: tuple[str, ...]
    factor_sizes: tuple[int, ...]
    provenance: dict[str, Any]
    value_names: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    weights: NDArray[np.float64] | None = None
    sequences: NDArray[np.int64] | None = None

    @cached_property
    def factor_roles(self) -> Mapping[str, Role]:
        """By factor, its role, for factors that have one; by default those of the well-known names."""
        return conventional_roles(self.factor_names)

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


_DATASET_MEMBERS = (*Dataset.__annotations__, "factor_roles", "__len__", "images", "factors", "index_of")


def missing_members(dataset: object) -> list[str]:
    """The members of `Dataset` that an object lacks."""
    return [name for name in _DATASET_MEMBERS if not hasattr(dataset, name)]


@dataclass(frozen=True)
class Codes:
    """What a metric of disentanglement sees of a model: a representation of labelled images.

    Attributes:
        codes: (n, d) floats, one row an image: for a VAE the posterior means.
        factors: (n, k) integers from 0, the factor values of the same images; real numbers only for metrics that say
            that they take them.
        factor_names: one a factor; made up (`factor_0`) where they were not given.
        codes_test: (m, d), where the caller separated a test set.
        factors_test: (m, k), where the caller separated a test set.
        factor_roles: by factor, its role, for factors that have one.
    """

    codes: NDArray[np.floating[Any]]
    factors: NDArray[np.integer[Any]]
    factor_names: tuple[str, ...]
    codes_test: NDArray[np.floating[Any]] | None = None
    factors_test: NDArray[np.integer[Any]] | None = None
    factor_roles: Mapping[str, Role] = field(default_factory=dict)


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


class Pass(Protocol):
    """What a model's training pass makes of a batch, for the objectives of its family. All in float32."""

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """What to look at, in this order, where a loss is not finite: the first bad one is named in the error."""
        ...

    def figures(self) -> dict[str, float]:
        """What is logged of a batch beside the objective's terms."""
        ...


ACTIVE_VARIANCE = 0.01
"""Variance of the posterior means above which a latent counts as active (Burda et al. 2016)."""


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

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """What to look at where a loss is not finite."""
        return {"images": self.x, "posterior means": self.mu, "posterior log-variances": self.logvar}

    def figures(self) -> dict[str, float]:
        """How many latents respond to the images of the batch."""
        return {"active_units": int((self.mu.detach().var(dim=0) > ACTIVE_VARIANCE).sum())}


class Likelihood(Protocol):
    """A likelihood as models use it: an `nn.Module` with these methods."""

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """−log p(x|z) in nats an image (B,), from the decoder's output and images, both (B, C, H, W)."""
        ...

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """The mean image (B, C, H, W), within [0, 1], from the decoder's output."""
        ...


class Model(Protocol):
    """A model as the stages use it: an `nn.Module` that turns images into codes.

    What else a model can do it says by its methods: `Trainable`, `Fitted`, `Decoding`.

    Attributes:
        latents: number of latents, L: how many numbers a code has.
    """

    latents: int

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Codes (B, L) of what the model reads, and the log-variances of their posterior; both float32.

        Args:
            x: images (B, C, H, W) in [0, 1]; factor values (B, k) for a model whose spec reads factors.

        Returns:
            The codes, for a model with a posterior its means; the log-variances, None where there is no posterior.
        """
        ...


class Trainable(Model, Protocol):
    """A model that learns step by step, from batches."""

    def __call__(self, x: torch.Tensor, generator: torch.Generator | None = None) -> Pass:
        """A training pass over images (B, C, H, W) in [0, 1]; the generator draws all that is random.

        A model whose batches vary one factor also takes `varied`, the name of that factor, None outside training.
        """
        ...


class Fitted(Model, Protocol):
    """A model that is fitted at one go."""

    def fit(self, dataset: Dataset, index: NDArray[np.int64], seed: int) -> None:
        """Learns from the images of these indices (n,), or from a sample of them that the seed draws.

        Raises:
            UsageError: where it can't learn from such data.
        """
        ...


@runtime_checkable
class Decoding(Protocol):
    """A model that makes images of codes."""

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Mean images (B, C, H, W) in [0, 1], float32, for codes (B, L)."""
        ...


class Objective(Protocol):
    """An objective as the engine uses it: an `nn.Module` that is called with a training pass."""

    def __call__(self, outputs: Any, step: int) -> dict[str, torch.Tensor | float]:
        """`loss`, the scalar to minimise in nats an image, and every term to log beside it.

        Args:
            outputs: the training pass of a model of the objective's family: `Outputs` for a VAE.
            step: the training step, counted from 0.
        """
        ...


class PartedObjective(Objective, Protocol):
    """An objective whose spec names optimisers of its own: the loss of each is the term `<name>_loss`."""

    def parts(self, model: Any) -> Mapping[str, Any]:
        """The modules that each optimiser trains, by its name; `loss` is that of the model's other parameters."""
        ...


class Metric(Protocol):
    """A metric as `evaluate` and `bvtk score` use it: a function of arrays and a seed."""

    def __call__(self, codes: Codes, seed: int) -> dict[str, Any]:
        """`score`, the headline figure, and its parts, all JSON values.

        Raises:
            UsageError: where the arrays can't be scored, naming what they lack.
        """
        ...
