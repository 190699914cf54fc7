"""Images as the stages see them: data sets with their factors, and the batches that a training step takes of them.

Nothing here imports torch or NumPy when it loads.
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
class Batch:
    """What a training step sees: which images, and what is known of them.

    A model gets, as keyword arguments of its `forward`, what its spec names in `takes`.

    Args:
        images: indices (B,) by role; every batch has `x`, and one of pairs their partners as `x_pair`.
        labels: arrays (B, …) by name.
        facts: plain hashable values by name that hold for the whole batch, such as the factor in which its images
            differ. Steps are recorded on a GPU once for each combination of facts.
    """

    images: Mapping[str, NDArray[np.int64]]
    labels: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Hashable] = field(default_factory=dict)

    @property
    def key(self) -> Hashable:
        """What tells recorded steps apart."""
        return tuple(sorted(self.facts.items()))


Sampler = Callable[[int], Batch]
"""Gives the batch of a step, counted from 0. It depends on the step alone, so that nothing has to be restored."""
