"""Images and factors combined into a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bvtk.data.factors import FactorTable
from bvtk.protocols import ImageShape, Role, conventional_roles

Index = NDArray[np.integer[Any]]


class Pixels(Protocol):
    """Stored images."""

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, C, H, W)."""

    def read(self, index: Index) -> NDArray[np.uint8]:
        """Images (n, C, H, W) for integers (n,)."""


class Factors(Protocol):
    """Ground-truth factors of images: their names, and the number of values of each."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    def values(self, index: Index) -> NDArray[np.int64]:
        """Factor values (n, k) for integers (n,)."""

    def index_of(self, values: Index) -> NDArray[np.int64]:
        """Indices (n,) of images with these factor values (n, k)."""


class Bytes:
    """Images (N, C, H, W) of one byte per value, in memory or mapped from a file."""

    def __init__(self, array: NDArray[np.uint8]) -> None:
        self._array = array
        n, channels, height, width = array.shape
        self.shape = (n, channels, height, width)

    def read(self, index: Index) -> NDArray[np.uint8]:
        """Images (n, C, H, W) for integers (n,), copied."""
        return np.ascontiguousarray(self._array[index])


class Bits:
    """Binary images of one bit per value, in memory or mapped from a file.

    Args:
        array: (N, ⌈C·H·W/8⌉), each row an image packed by `numpy.packbits`.
        image: shape of the images.
    """

    def __init__(self, array: NDArray[np.uint8], image: ImageShape) -> None:
        self._array = array
        self._pixels = image.pixels
        self.shape = (len(array), *image)

    def read(self, index: Index) -> NDArray[np.uint8]:
        """Images (n, C, H, W) of 0 and 1 for integers (n,)."""
        return np.unpackbits(self._array[index], axis=1, count=self._pixels).reshape(-1, *self.shape[1:])


class ImageSet:
    """Images and their factors: implements `bvtk.Dataset`.

    Args:
        pixels: the images.
        factors: their factors, a `FactorGrid` or a `FactorTable`; None if there are none.
        peak: the value of a fully lit pixel, 1 for binary images and 255 otherwise.
        provenance: what the images are and where they came from, as JSON values: at least `source` and `sha256`.
        value_names: by factor, the names of its values, for factors whose values have names.
        factor_roles: by factor, its role, for factors that have one (default: those of the well-known names).
        weights: (N,) how likely each image is to be drawn in training, not normalised; None if all are equally likely.
        sequences: (N,) the number of the sequence that each image belongs to; None if the images are not sequences.
    """

    def __init__(
        self,
        pixels: Pixels,
        factors: Factors | None,
        peak: int,
        provenance: dict[str, Any],
        value_names: Mapping[str, tuple[str, ...]] | None = None,
        *,
        factor_roles: Mapping[str, Role] | None = None,
        weights: NDArray[np.float64] | None = None,
        sequences: NDArray[np.int64] | None = None,
    ) -> None:
        self._pixels = pixels
        self._length, *image = pixels.shape
        if factors is None:
            factors = FactorTable((), np.zeros((self._length, 0), np.int64))
        self._factors = factors
        self.image_shape = ImageShape(*image)
        self.peak = peak
        self.factor_names = factors.names
        self.factor_sizes = factors.sizes
        self.value_names = value_names or {}
        self.factor_roles = conventional_roles(factors.names) if factor_roles is None else factor_roles
        self.weights = weights
        self.sequences = sequences
        self.provenance = provenance

    def __len__(self) -> int:
        """How many images there are."""
        return self._length

    def images(self, index: Index) -> NDArray[np.uint8]:
        """Images (n, C, H, W), values 0 to `peak`, for integers (n,)."""
        return self._pixels.read(index)

    def factors(self, index: Index) -> NDArray[np.int64]:
        """Factor values (n, k), each from 0 to its size − 1, for integers (n,)."""
        return self._factors.values(index)

    def index_of(self, factors: Index) -> NDArray[np.int64]:
        """The inverse of `factors`: for values (n, k), indices (n,) of images that have them.

        Raises:
            DataError: if no image has them.
        """
        return self._factors.index_of(factors)
