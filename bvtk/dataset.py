"""Data sets with their factors, and batches of training steps.

Importing this module does not import torch or NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
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
"""The meaning of a factor: a category (such as a shape), or a position along an axis."""

_POSITIONS = (("x", "y"), ("position_x", "position_y"))


def conventional_roles(names: Sequence[str]) -> dict[str, Role]:
    """Roles of factors by common names, for data sets that don't declare roles.

    `shape` is a category. `x` and `y`, or `position_x` and `position_y`, are the horizontal and vertical position if
    both exist.
    """
    roles: dict[str, Role] = {"shape": "category"} if "shape" in names else {}
    for horizontal, vertical in _POSITIONS:
        if horizontal in names and vertical in names:
            return {**roles, horizontal: "horizontal", vertical: "vertical"}
    return roles


def factor_with_role(roles: Mapping[str, Role], role: Role) -> str | None:
    """The first factor with a role; None if there is none."""
    return next((name for name, found in roles.items() if found == role), None)


def position_factors(roles: Mapping[str, Role]) -> tuple[str, str] | None:
    """The horizontal and vertical factor; None unless both exist."""
    horizontal, vertical = factor_with_role(roles, "horizontal"), factor_with_role(roles, "vertical")
    return (horizontal, vertical) if horizontal and vertical else None


class Dataset(Protocol):
    """Images, with or without ground-truth factors.

    `bvtk.data.ImageSet` implements it. Another class may derive from this one to inherit the defaults of
    `value_names`, `factor_roles`, `weights` and `sequences`.

    Attributes:
        image_shape: the shape of every image.
        peak: the value of a white pixel in `images`, 1 for binary images and 255 otherwise.
        factor_names: one per factor; empty if there are none.
        factor_sizes: the number of values of each factor.
        provenance: what the images are and where they come from, as JSON values: at least `source` and `sha256`.
        value_names: by factor, the names of its values, for factors with named values.
        weights: (N,) probability of each image in training, not normalised; None if all are equally likely.
        sequences: (N,) the number of each image's sequence. The images of a sequence have consecutive indices, in
            order. None if there are no sequences.
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
        """By factor, its role, for factors that have one; by default from common names."""
        return conventional_roles(self.factor_names)

    def __len__(self) -> int:
        """Number of images."""

    def images(self, index: NDArray[np.integer[Any]]) -> NDArray[np.uint8]:
        """Images (n, C, H, W) for integers (n,)."""

    def factors(self, index: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Factor values (n, k), each from 0 to its size − 1, for integers (n,)."""

    def index_of(self, factors: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """The inverse of `factors`: indices (n,) of images with these factor values (n, k)."""


_DATASET_MEMBERS = (*Dataset.__annotations__, "factor_roles", "__len__", "images", "factors", "index_of")


def missing_members(dataset: object) -> list[str]:
    """The members of `Dataset` that an object does not have."""
    return [name for name in _DATASET_MEMBERS if not hasattr(dataset, name)]


@dataclass(frozen=True)
class Batch:
    """The images of a training step, and what is known about them.

    The model gets what its spec lists in `takes`, as keyword arguments of `forward`.

    Args:
        images: indices (B,) by role; every batch has `x`, pairs also have `x_pair`.
        labels: arrays (B, …) by name.
        facts: hashable values by name that apply to the whole batch, such as the factor in which its images differ.
            Steps are recorded on a GPU once for each combination of facts.
    """

    images: Mapping[str, NDArray[np.int64]]
    labels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Hashable] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        """Key of the recorded step."""
        return tuple(sorted(self.facts.items()))


Sampler = Callable[[int], Batch]
"""Returns the batch of a step, counted from 0. It depends only on the step, so that it has no state to restore."""
