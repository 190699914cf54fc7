"""Checks of data sets and samplers."""

from __future__ import annotations

import json
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from bvtk.check_plugin.examples import ExampleData
from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import BATCH, SEED, SHAPES
from bvtk.component import DatasetSpec, SamplerSpec
from bvtk.protocols import Batch, Dataset, ImageShape, Role, Sampler, missing_members


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


STEPS = 12


def check_sampler(report: Report, spec: SamplerSpec) -> None:
    """Checks a sampler on an example data set, of which every third image is held out."""
    names = ", ".join(["x", *sorted(spec.gives)])
    if report.holds(f"its batches contain {names}, and only training images", _check_batches, spec):
        report.holds("its batches depend only on the seed and the step", _check_purity, spec)


def _sampler(spec: SamplerSpec, seed: int = SEED) -> tuple[Sampler, NDArray[np.int64]]:
    """A sampler and its training images."""
    data = ExampleData(SHAPES[0])
    train = np.delete(np.arange(len(data)), np.s_[::3])
    return spec.build(data, train, BATCH, seed), train


def _check_batches(spec: SamplerSpec) -> None:
    sampler, train = _sampler(spec)
    for step in range(STEPS):
        batch = sampler(step)
        require(isinstance(batch, Batch), f"returned {type(batch).__name__}, expected a bvtk.Batch")
        require("x" in batch.images, f"batch.images has {', '.join(batch.images) or 'nothing'}, expected an 'x'")
        names = {*batch.images, *batch.labels, *batch.facts} - {"x"}
        expected = f"expected {sorted(spec.gives)} as in `gives`"
        require(names == spec.gives, f"its batch has {sorted(names)} besides x, {expected}")
        for role, index in batch.images.items():
            require(index.shape == (BATCH,), f"{role} has shape {index.shape}, expected ({BATCH},)")
            require(index.dtype == np.int64, f"{role} has type {index.dtype}, expected int64")
            require(np.isin(index, train).all(), f"{role} contains an image that is held out: use only `indices`")
        for name, label in batch.labels.items():
            require(len(label) == BATCH, f"label {name} has {len(label)} rows, expected {BATCH}")
            first = sampler(0).labels[name]
            same = (label.shape, label.dtype) == (first.shape, first.dtype)
            require(same, f"label {name} has another shape or type at step {step} than at step 0")
        hash(batch.key)


def _check_purity(spec: SamplerSpec) -> None:
    first, again, others = (_sampler(spec, seed)[0] for seed in (SEED, SEED, SEED + 1))
    forwards = [first(step) for step in range(STEPS)]
    backwards = [again(step) for step in reversed(range(STEPS))][::-1]
    for step, (one, other) in enumerate(zip(forwards, backwards, strict=True)):
        require(_same(one, other), f"its batch at step {step} depends on previous calls")
    differs = any(not _same(batch, others(step)) for step, batch in enumerate(forwards))
    require(differs, "returned the same batches for another seed: derive a generator from the seed and the step")


def _same(one: Batch, other: Batch) -> bool:
    pairs = [(one.images, other.images), (one.labels, other.labels)]
    arrays = all(np.array_equal(a[name], b[name]) for a, b in pairs for name in a)
    return arrays and one.key == other.key
