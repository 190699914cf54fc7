"""The data set `subset`: the images of another one that have some values of its factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bvtk.data.factors import FactorTable, column_of
from bvtk.data.imageset import ImageSet, Index
from bvtk.errors import DataError
from bvtk.protocols import Dataset

Value = int | str
"""A value of a factor: its number, or its name if the values have names."""


class _Selection:
    """The images of a data set at some indices (n,), read from it on demand."""

    def __init__(self, dataset: Dataset, index: NDArray[np.int64]) -> None:
        self._dataset = dataset
        self._index = index
        self.shape = (len(index), *dataset.image_shape)

    def read(self, index: Index) -> NDArray[np.uint8]:
        """Images (n, C, H, W) for integers (n,)."""
        return self._dataset.images(self._index[index])


def take(dataset: Dataset, keep: Mapping[str, Sequence[Value]], every: Mapping[str, int]) -> ImageSet:
    """The images that have certain values of factors, in their original order.

    Values are renumbered from 0 in their original order. Factors that are left with one value are dropped.

    Args:
        dataset: a data set with factors.
        keep: by factor, the values to keep.
        every: by factor, n to keep the values 0, n, 2n, …

    Raises:
        DataError: if the data set lacks a factor or a value, or no image is left.
    """
    kept = {name: _numbers(dataset, name, values) for name, values in keep.items()}
    kept |= {name: list(range(0, _size(dataset, name), step)) for name, step in every.items()}
    index, table = _matching(dataset, kept)
    weights = None if dataset.weights is None else dataset.weights[index]
    if weights is not None and not weights.any():
        raise DataError("the images that are left all have weight 0, so none would be drawn", "keep more values")
    varying = np.flatnonzero((table != table[0]).any(axis=0))
    names = tuple(dataset.factor_names[column] for column in varying)
    value_names = {
        name: tuple(dataset.value_names[name][number] for number in np.unique(table[:, column]))
        for name, column in zip(names, varying, strict=True)
        if name in dataset.value_names
    }
    return ImageSet(
        _Selection(dataset, index),
        FactorTable(names, table[:, varying]),
        dataset.peak,
        {"source": "subset", "sha256": dataset.provenance["sha256"], "kept": kept, "of": dataset.provenance},
        value_names,
        factor_roles={name: role for name, role in dataset.factor_roles.items() if name in names},
        weights=weights,
        sequences=None if dataset.sequences is None else _sequences(dataset.sequences, index),
    )


def _matching(dataset: Dataset, kept: Mapping[str, list[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The indices (n,) of the images with these values, and their factors (n, k)."""
    factors = dataset.factors(np.arange(len(dataset)))
    matching = np.ones(len(factors), bool)
    for name, numbers in kept.items():
        stays = np.zeros(_size(dataset, name), bool)
        stays[numbers] = True
        matching &= stays[factors[:, dataset.factor_names.index(name)]]
    if not matching.any():
        values = "; ".join(f"{name}: {', '.join(map(str, numbers))}" for name, numbers in kept.items())
        raise DataError(f"no image has all of these values: {values}", "keep more values")
    return np.flatnonzero(matching), factors[matching]


def _sequences(sequences: NDArray[np.int64], index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sequences of the images that are left: one that lost images from its middle becomes several."""
    begins = (np.diff(index) > 1) | (np.diff(sequences[index]) != 0)
    return np.concatenate([[0], np.cumsum(begins)])


def _size(dataset: Dataset, name: str) -> int:
    return dataset.factor_sizes[column_of(name, dataset.factor_names)]


def _numbers(dataset: Dataset, name: str, values: Sequence[Value]) -> list[int]:
    size, named = _size(dataset, name), dataset.value_names.get(name, ())
    numbers = {value: number for number, value in enumerate(named)} | {number: number for number in range(size)}
    for value in values:
        if value not in numbers:
            known = f"0 to {size - 1}" + (f", or {', '.join(named)}" if named else "")
            raise DataError(f"factor {name!r} has no value {value!r}, its values are {known}")
    return sorted({numbers[value] for value in values})
