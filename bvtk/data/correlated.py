"""The data set `correlated`: another one whose images are not equally likely, so that factors are correlated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data.factors import column_of
from bvtk.data.imageset import ImageSet
from bvtk.errors import DataError
from bvtk.protocols import Dataset


class _Pixels:
    def __init__(self, dataset: Dataset) -> None:
        self.shape = (len(dataset), *dataset.image_shape)
        self.read = dataset.images


class _Factors:
    def __init__(self, dataset: Dataset) -> None:
        self.names = dataset.factor_names
        self.sizes = dataset.factor_sizes
        self.values = dataset.factors
        self.index_of = dataset.index_of


def correlate(dataset: Dataset, pairs: Sequence[tuple[str, str]], sigma: float) -> ImageSet:
    """Makes images more likely the closer the values of paired factors are.

    The weight of an image is its weight in the data set, times exp(−(c₁ − c₂)²/2σ²) for each pair, where c is the
    number of a factor's value, scaled to [0, 1]. Träuble et al. 2021 (2006.07886); Roth et al. 2023 (2210.07347).

    Raises:
        DataError: if the data set lacks a factor, or a factor has only one value.
    """
    facts = {"pairs": [list(pair) for pair in pairs], "sigma": sigma}
    provenance = {"source": "correlated", "sha256": dataset.provenance["sha256"], **facts, "of": dataset.provenance}
    return ImageSet(
        _Pixels(dataset),
        _Factors(dataset),
        dataset.peak,
        provenance,
        dataset.value_names,
        factor_roles=dataset.factor_roles,
        weights=_weights(dataset, pairs, sigma),
        sequences=dataset.sequences,
    )


def _weights(dataset: Dataset, pairs: Sequence[tuple[str, str]], sigma: float) -> NDArray[np.float64]:
    factors = dataset.factors(np.arange(len(dataset)))
    before = np.ones(len(dataset)) if dataset.weights is None else dataset.weights
    log = np.zeros(len(dataset))
    for first, second in pairs:
        log -= (_scaled(dataset, factors, first) - _scaled(dataset, factors, second)) ** 2 / (2 * sigma**2)
    # Weights are relative: with the largest at 1, a small σ can't turn all of them into 0.
    weights: NDArray[np.float64] = before * np.exp(np.minimum(log - log[before > 0].max(), 0.0))
    return weights


def _scaled(dataset: Dataset, factors: NDArray[np.int64], name: str) -> NDArray[Any]:
    """The values of a factor (N,), scaled to [0, 1]."""
    column = column_of(name, dataset.factor_names)
    size = dataset.factor_sizes[column]
    if size == 1:
        raise DataError(f"factor {name!r} has only one value, so it can't be correlated", "choose another factor")
    return factors[:, column] / (size - 1)
