"""Checks of data sets."""

from __future__ import annotations

import json
from typing import Any, get_args

import numpy as np

from bvtk.check_plugin.findings import Report, require
from bvtk.component import DatasetSpec
from bvtk.protocols import Dataset, ImageShape, Role, missing_members


def check_dataset(report: Report, spec: DatasetSpec) -> None:
    """Checks the images and factors of a data set, and that they match."""
    dataset = report.tried("", _built, spec)
    if dataset is not None:
        report.holds("its description is complete", _check_description, dataset)
        report.holds(f"returns images of {dataset.image_shape}", _check_images, dataset)
        if dataset.factor_names:
            report.holds("its factors are in range, and index_of finds their images", _check_factors, dataset)


def _built(spec: DatasetSpec) -> Dataset:
    dataset = spec.build()
    missing = missing_members(dataset)
    require(not missing, f"has no {', '.join(missing)}: derive its class from bvtk.Dataset, or use bvtk.data.ImageSet")
    return dataset


def _check_description(dataset: Dataset) -> None:
    shape = dataset.image_shape
    require(isinstance(shape, ImageShape), f"image_shape is {shape!r}, expected a bvtk.ImageShape")
    require(len(dataset) > 0, "has no images")
    require(1 <= dataset.peak <= 255, f"peak is {dataset.peak}, expected 1 for binary images and 255 otherwise")
    names, sizes = dataset.factor_names, dataset.factor_sizes
    require(len(names) == len(sizes), f"has {len(names)} factor_names but {len(sizes)} factor_sizes")
    lacking = [key for key in ("source", "sha256") if key not in dataset.provenance]
    require(not lacking, f"provenance has no {', '.join(map(repr, lacking))}")
    json.dumps(dataset.provenance)
    for name, role in dataset.factor_roles.items():
        require(name in dataset.factor_names, f"factor_roles has {name!r}, which is not in factor_names")
        require(role in get_args(Role), f"the role of factor {name!r} is {role!r}, expected one of {get_args(Role)}")
    _check_weights_and_sequences(dataset)


def _check_weights_and_sequences(dataset: Dataset) -> None:
    count, weights, sequences = len(dataset), dataset.weights, dataset.sequences
    if weights is not None:
        fits = weights.shape == (count,) and weights.dtype == np.float64
        require(fits, f"weights is {weights.dtype} of shape {weights.shape}, expected float64 of shape ({count},)")
        sound = bool(np.isfinite(weights).all() and (weights >= 0).all() and weights.any())
        require(sound, "weights must be finite, not negative, and not all 0")
    if sequences is not None:
        fits = sequences.shape == (count,) and sequences.dtype == np.int64
        require(fits, f"sequences is {sequences.dtype} of shape {sequences.shape}, expected int64 of shape ({count},)")
        runs = 1 + np.count_nonzero(np.diff(sequences))
        require(runs == len(np.unique(sequences)), "the images of a sequence must have consecutive indices")


def _check_images(dataset: Dataset) -> None:
    index = _some(dataset)
    images = dataset.images(index)
    expected = (len(index), *dataset.image_shape)
    require(images.shape == expected, f"images() returned {images.shape}, expected {expected}")
    require(images.dtype == np.uint8, f"images() returned {images.dtype}, expected uint8")
    require(images.max() <= dataset.peak, f"found a pixel of {images.max()}, expected at most the peak, {dataset.peak}")
    require(np.array_equal(images, dataset.images(index)), "images() returned other images for the same indices")
    backwards = dataset.images(index[::-1])
    require(np.array_equal(images, backwards[::-1]), "images() depends on the order of the indices")


def _check_factors(dataset: Dataset) -> None:
    index = _some(dataset)
    factors = dataset.factors(index)
    expected = (len(index), len(dataset.factor_names))
    require(factors.shape == expected, f"factors() returned {factors.shape}, expected {expected}")
    sizes = np.array(dataset.factor_sizes)
    inside = ((factors >= 0) & (factors < sizes)).all()
    require(inside, f"found factors outside 0 to size − 1 for the sizes {dataset.factor_sizes}")
    again = dataset.factors(dataset.index_of(factors))
    require(np.array_equal(again, factors), "index_of() returned images with other factors than its argument")


def _some(dataset: Dataset) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.unique(np.linspace(0, len(dataset) - 1, 16).astype(np.int64))
