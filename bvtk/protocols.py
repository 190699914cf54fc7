"""What crosses between the rooms: images, codes, outputs, and what built components promise to do.

Nothing here imports torch or NumPy when it loads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from bvtk.dataset import Batch as Batch
from bvtk.dataset import Dataset as Dataset
from bvtk.dataset import ImageShape as ImageShape
from bvtk.dataset import Role as Role
from bvtk.dataset import Sampler as Sampler
from bvtk.dataset import conventional_roles as conventional_roles
from bvtk.dataset import factor_with_role as factor_with_role
from bvtk.dataset import missing_members as missing_members
from bvtk.dataset import position_factors as position_factors
from bvtk.passes import ACTIVE_VARIANCE as ACTIVE_VARIANCE
from bvtk.passes import Outputs as Outputs
from bvtk.passes import Pass as Pass

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import nn


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


@dataclass(frozen=True)
class ScheduledValue:
    """A number that depends on the training step: what a schedule builds.

    Args:
        value: a pure function of the step and of the training's length.
        training_steps: that length.
    """

    value: Callable[[int, int], float]
    training_steps: int

    def __call__(self, step: int) -> float:
        """The number at a step, counted from 0."""
        return self.value(step, self.training_steps)


class Likelihood(Protocol):
    """A likelihood as models use it: an `nn.Module` with these methods."""

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """−log p(x|z) in nats an image (B,), from the decoder's output and images, both (B, C, H, W)."""
        ...

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """The mean image (B, C, H, W), within [0, 1], from the decoder's output."""
        ...


class Module(Protocol):
    """What the stages use of a torch `nn.Module`."""

    training: bool

    def train(self, mode: bool = True) -> Any:
        """Sets training mode."""
        ...

    def eval(self) -> Any:
        """Sets evaluation mode."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """All parameters and buffers, by name."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Replaces all parameters and buffers."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""
        ...

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters with their names."""
        ...


class Model(Module, Protocol):
    """A model as the stages use it: an `nn.Module` that turns images into codes.

    Its methods say what else it can do: `Trainable`, `Fitted`, `Decoding`, `Traversable`.

    Attributes:
        latents: number of latents, L: how many numbers a code has.
    """

    latents: int

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Codes (B, L) of what the model reads, and the log-variances of their posterior; both float32.

        Args:
            x: images (B, C, H, W) in [0, 1]; factor values (B, k) for a model whose spec reads factors.

        Returns:
            The codes, for a model with a posterior its means; the log-variances, None if there is no posterior.
        """
        ...


@runtime_checkable
class Trainable(Protocol):
    """A model that learns step by step, from batches."""

    def __call__(self, x: torch.Tensor, generator: torch.Generator | None = None, **rest: Any) -> Pass:
        """A training pass.

        Args:
            x: images (B, C, H, W) in [0, 1].
            generator: draws all that is random.
            rest: what the model's spec names in `takes`: images of other roles and labels as tensors, facts as they
                are; each None outside training.
        """
        ...


@runtime_checkable
class Fitted(Protocol):
    """A model that learns by one call of `fit`."""

    def fit(self, dataset: Dataset, index: NDArray[np.int64], seed: int) -> None:
        """Learns from the images of these indices (n,), or from a sample of them that the seed draws.

        Raises:
            UsageError: if it can't learn from such data.
        """
        ...


@runtime_checkable
class Decoding(Protocol):
    """A model that makes images of codes."""

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Mean images (B, C, H, W) in [0, 1], float32, for codes (B, L)."""
        ...


@runtime_checkable
class Traversable(Protocol):
    """A model that knows which values its codes take, such as the entries of a codebook."""

    def traversal_values(self, latent: int) -> Sequence[float]:
        """The values that a latent takes in a traversal, in this order; at least one, all finite."""
        ...


class Objective(Module, Protocol):
    """An objective as the engine uses it: an `nn.Module` that is called with a training pass."""

    def __call__(self, outputs: Any, step: int) -> dict[str, torch.Tensor | float]:
        """`loss`, the scalar to minimise in nats per image, and every term to log beside it.

        Args:
            outputs: the training pass of a model that gives what the objective needs.
            step: the training step, counted from 0.
        """
        ...


@runtime_checkable
class PartedObjective(Protocol):
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
