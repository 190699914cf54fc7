"""Types that packages share: images, codes, training passes, and protocols of built components.

Importing this module does not import torch or NumPy.
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
    """Codes of labelled images: the input of a metric.

    Attributes:
        codes: (n, d) floats, one row per image; for a VAE the posterior means.
        factors: (n, k) integers from 0, the factor values of the same images; real numbers only for metrics with
            `takes_real_factors`.
        factor_names: one per factor; `factor_0` and so on if none were given.
        codes_test: (m, d), if there is a separate test set.
        factors_test: (m, k), if there is a separate test set.
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
    """What an objective may need to know about its run.

    Args:
        image: shape of the images.
        latents: number of latents, M.
        dataset_size: number of training images, the N of minibatch estimates.
        training_steps: length of the training, for schedules.
    """

    image: ImageShape
    latents: int
    dataset_size: int
    training_steps: int


@dataclass(frozen=True)
class ScheduledValue:
    """A built schedule: a number that is a pure function of the training step and the length of the training."""

    value: Callable[[int, int], float]
    training_steps: int

    def __call__(self, step: int) -> float:
        """The number at a step, counted from 0."""
        return self.value(step, self.training_steps)


class Likelihood(Protocol):
    """A likelihood as models use it: an `nn.Module` with these methods."""

    def nll(self, output: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """−log p(x|z) in nats per image (B,), from the decoder's output and images, both (B, C, H, W)."""

    def mean(self, output: torch.Tensor) -> torch.Tensor:
        """The mean image (B, C, H, W), within [0, 1], from the decoder's output."""


class Module(Protocol):
    """The part of torch's `nn.Module` that bvtk uses."""

    training: bool

    def train(self, mode: bool = True) -> Any:
        """Sets training mode."""

    def eval(self) -> Any:
        """Sets evaluation mode."""

    def state_dict(self) -> dict[str, Any]:
        """All parameters and buffers, by name."""

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Replaces all parameters and buffers."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """All parameters."""

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """All parameters with their names."""


class Model(Module, Protocol):
    """A model: an `nn.Module` that encodes images.

    `latents` is the number of latents, L. Further methods are optional: `Trainable`, `Fitted`, `Decoding`,
    `Traversable`.
    """

    latents: int

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Codes (B, L) of inputs, and the log-variances of their posterior; both float32.

        Args:
            x: images (B, C, H, W) in [0, 1]; factor values (B, k) for a model whose spec reads factors.

        Returns:
            The codes, which are the means if there is a posterior, and the log-variances, else None.
        """


@runtime_checkable
class Trainable(Protocol):
    """A model that learns in steps, from batches."""

    def __call__(self, x: torch.Tensor, generator: torch.Generator | None = None, **rest: Any) -> Pass:
        """A training pass.

        Args:
            x: images (B, C, H, W) in [0, 1].
            generator: draws all random numbers.
            rest: what the model's spec lists in `takes`: images of other roles and labels as tensors, facts as they
                are; None outside training.
        """


@runtime_checkable
class Fitted(Protocol):
    """A model that learns by one call of `fit`."""

    def fit(self, dataset: Dataset, index: NDArray[np.int64], seed: int) -> None:
        """Learns from the images with these indices (n,), or from a sample of them that the seed draws.

        Raises:
            UsageError: if it can't learn from such data.
        """


@runtime_checkable
class Decoding(Protocol):
    """A model that decodes codes to images."""

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Mean images (B, C, H, W) in [0, 1], float32, for codes (B, L)."""


@runtime_checkable
class Traversable(Protocol):
    """A model that defines the values of its traversals, such as the entries of a codebook."""

    def traversal_values(self, latent: int) -> Sequence[float]:
        """The values of a latent in a traversal, in order; at least one, all finite."""


class Objective(Module, Protocol):
    """An objective: an `nn.Module` that is called with a training pass."""

    def __call__(self, outputs: Any, step: int) -> dict[str, torch.Tensor | float]:
        """`loss`, the scalar to minimise, in nats per image, and further terms to log.

        The training pass has what the objective needs; steps are counted from 0.
        """


@runtime_checkable
class ObjectiveWithParts(Protocol):
    """An objective whose spec has its own optimisers: the loss of each is the term `<name>_loss`."""

    def parts(self, model: Any) -> Mapping[str, Any]:
        """The module of each optimiser, by its name; `loss` trains all other parameters of the model."""


class Metric(Protocol):
    """A metric: a function of codes and a seed."""

    def __call__(self, codes: Codes, seed: int) -> dict[str, Any]:
        """`score` and its parts, all JSON values.

        Raises:
            UsageError: if the codes can't be scored.
        """
