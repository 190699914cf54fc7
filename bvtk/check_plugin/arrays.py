"""Checks of what works on arrays: metrics and data sets."""

from __future__ import annotations

import json
import math
from typing import Any, get_args

import numpy as np

from bvtk.check_plugin.findings import Report, require
from bvtk.component import DatasetSpec, MetricSpec
from bvtk.protocols import Codes, Dataset, ImageShape, Role, missing_members

SIZES = (3, 4, 5)
POINTS = 2000


def check_metric(report: Report, spec: MetricSpec) -> None:
    """Tries a metric on codes that are noisy factors."""
    where = f"for {POINTS} codes of {2 + len(SIZES)} dimensions and {len(SIZES)} factors"
    scores: list[dict[str, Any]] = []
    if report.passes(where, lambda: scores.append(_score(spec))):
        report.add("ok", f"scores codes that are noisy factors: {scores[0]['score']:.4g}")
        report.holds("the seed alone decides its score", where, lambda: _check_repeats(spec, scores[0]))


def check_dataset(report: Report, spec: DatasetSpec) -> None:
    """Tries a data set: its images, its factors, and that they belong together."""
    found: list[Dataset] = []
    if report.passes("", lambda: found.append(spec.build())):
        dataset = found[0]
        if not report.passes("", _check_members, dataset):
            return
        report.holds("describes itself whole", "", _check_description, dataset)
        report.holds(f"gives images of {dataset.image_shape}", "", _check_images, dataset)
        if dataset.factor_names:
            report.holds("its factors lie in range and find their images", "", _check_factors, dataset)


def _codes() -> Codes:
    random = np.random.default_rng(0)
    factors = np.stack([random.integers(size, size=POINTS) for size in SIZES], axis=1)
    signal = factors + random.normal(scale=0.1, size=factors.shape)
    codes = np.concatenate([signal, random.normal(size=(POINTS, 2))], axis=1)
    return Codes(codes, factors, tuple(f"factor_{i}" for i in range(len(SIZES))))


def _score(spec: MetricSpec) -> dict[str, Any]:
    result = spec.build()(_codes(), 0)
    require(isinstance(result, dict) and "score" in result, f"gives {result!r}, expected a dict with a 'score'")
    score = result["score"]
    require(isinstance(score, int | float), f"'score' is {type(score).__name__}, expected a Python float")
    require(math.isfinite(score), f"'score' is {score}: raise a UsageError where there is none")
    try:
        json.dumps(result, allow_nan=False)
    except (TypeError, ValueError) as error:
        require(False, f"gives a part that JSON can't hold: {error}")
    return result


def _check_repeats(spec: MetricSpec, first: dict[str, Any]) -> None:
    require(_score(spec) == first, "gives another score for the same codes and seed: draw from the seed alone")


def _check_members(dataset: Dataset) -> None:
    missing = missing_members(dataset)
    require(not missing, f"lacks {', '.join(missing)}: derive its class from bvtk.Dataset, or use bvtk.data.ImageSet")


def _check_description(dataset: Dataset) -> None:
    require(isinstance(dataset.image_shape, ImageShape), f"image_shape is {dataset.image_shape!r}, no bvtk.ImageShape")
    require(len(dataset) > 0, "has no images")
    require(1 <= dataset.peak <= 255, f"peak is {dataset.peak}, expected 1 for binary images and 255 otherwise")
    names, sizes = dataset.factor_names, dataset.factor_sizes
    require(len(names) == len(sizes), f"has {len(names)} factor_names and {len(sizes)} factor_sizes")
    lacking = [key for key in ("source", "sha256") if key not in dataset.provenance]
    require(not lacking, f"provenance lacks {', '.join(map(repr, lacking))}")
    json.dumps(dataset.provenance)
    _check_roles(dataset)
    _check_order(dataset)


def _check_roles(dataset: Dataset) -> None:
    for name, role in dataset.factor_roles.items():
        require(name in dataset.factor_names, f"factor_roles names {name!r}, which is not among its factor_names")
        require(role in get_args(Role), f"the role of factor {name!r} is {role!r}, expected one of {get_args(Role)}")


def _check_order(dataset: Dataset) -> None:
    """Checks how likely images are, and which belong to one sequence."""
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
    require(images.shape == expected, f"images gives {images.shape}, expected {expected}")
    require(images.dtype == np.uint8, f"images gives {images.dtype}, expected uint8")
    require(images.max() <= dataset.peak, f"a pixel is {images.max()}, above the peak of {dataset.peak}")
    require(np.array_equal(images, dataset.images(index)), "gives other images for the same indices")
    backwards = dataset.images(index[::-1])
    require(np.array_equal(images, backwards[::-1]), "gives an index another image in another order")


def _check_factors(dataset: Dataset) -> None:
    index = _some(dataset)
    factors = dataset.factors(index)
    expected = (len(index), len(dataset.factor_names))
    require(factors.shape == expected, f"factors gives {factors.shape}, expected {expected}")
    sizes = np.array(dataset.factor_sizes)
    inside = ((factors >= 0) & (factors < sizes)).all()
    require(inside, f"factors lie outside 0 to size − 1 for sizes {dataset.factor_sizes}")
    again = dataset.factors(dataset.index_of(factors))
    require(np.array_equal(again, factors), "index_of gives images with other factors than it was asked for")


def _some(dataset: Dataset) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.unique(np.linspace(0, len(dataset) - 1, 16).astype(np.int64))
