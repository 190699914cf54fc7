"""Correlated factors: the weights of images against the formula."""

from __future__ import annotations

import json
from math import exp

import numpy as np
import pytest

from bvtk.component import parse, samplers
from bvtk.data.correlated import correlate
from bvtk.data.factors import FactorGrid, FactorTable
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.data.subset import take
from bvtk.errors import DataError
from bvtk.plugins import discover

NAMES, SIZES = ("shape", "scale", "x", "y"), (3, 6, 4, 5)


def images_of(factors: FactorGrid | FactorTable | None, count: int) -> ImageSet:
    pixels = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1)
    names = {"shape": ("square", "ellipse", "heart")}
    return ImageSet(Bytes(pixels), factors, 255, {"source": "test", "sha256": "5"}, names)


@pytest.fixture
def whole() -> ImageSet:
    return images_of(FactorGrid(NAMES[1:], SIZES[1:]), 120)


def weights_of(data: ImageSet) -> np.ndarray:
    assert data.weights is not None
    return data.weights


def by_hand(scale: int, x: int, sigma: float) -> float:
    return exp(-((scale / 5 - x / 3) ** 2) / (2 * sigma**2))


@pytest.mark.parametrize("sigma", [0.1, 0.4, 5.0])
def test_weights_follow_the_formula(whole: ImageSet, sigma: float) -> None:
    data = correlate(whole, [("scale", "x")], sigma)
    expected = [by_hand(scale, x, sigma) for scale, x, _ in data.factors(np.arange(120)).tolist()]
    assert weights_of(data) == pytest.approx(expected)


def test_pairs_multiply(whole: ImageSet) -> None:
    data = correlate(whole, [("scale", "x"), ("y", "x")], 0.3)
    expected = [
        by_hand(scale, x, 0.3) * exp(-((y / 4 - x / 3) ** 2) / 0.18)
        for scale, x, y in data.factors(np.arange(120)).tolist()
    ]
    assert weights_of(data) == pytest.approx(expected)


def test_correlated_twice_multiplies(whole: ImageSet) -> None:
    both = correlate(whole, [("scale", "x"), ("y", "x")], 0.3)
    twice = correlate(correlate(whole, [("scale", "x")], 0.3), [("y", "x")], 0.3)
    assert weights_of(twice) == pytest.approx(weights_of(both))


def test_everything_else_is_that_of_the_whole(whole: ImageSet) -> None:
    whole.sequences = np.repeat(np.arange(12), 10)
    data = correlate(whole, [("x", "y")], 0.2)
    index = np.array([119, 3, 3])
    assert (data.images(index) == whole.images(index)).all()
    assert (data.factors(index) == whole.factors(index)).all()
    assert (data.index_of(data.factors(index)) == index).all()
    assert (len(data), data.image_shape, data.peak) == (120, (1, 1, 1), 255)
    assert (data.factor_names, data.factor_sizes) == (whole.factor_names, whole.factor_sizes)
    assert (data.factor_roles, data.value_names) == (whole.factor_roles, whole.value_names)
    assert data.sequences is whole.sequences


@pytest.mark.parametrize("sampler", ["shuffled", "pairs", "one_factor"])
def test_samplers_draw_the_joint_distribution_of_the_formula(whole: ImageSet, sampler: str) -> None:
    """From all images but those with y = 4, which are held out."""
    discover(installed=False)
    data = correlate(whole, [("scale", "x")], 0.2)
    train = np.flatnonzero(data.factors(np.arange(120))[:, 2] < 4)
    batch = parse(samplers.get(sampler), {}).build(data, train, 1, 0)
    count = 8000
    drawn = data.factors(np.concatenate([batch(step).images["x"] for step in range(count)]))
    expected = np.array([[by_hand(scale, x, 0.2) for x in range(4)] for scale in range(6)])
    expected /= expected.sum()
    joint = np.zeros((6, 4))
    np.add.at(joint, (drawn[:, 0], drawn[:, 1]), 1 / count)
    assert (np.abs(joint - expected) < 5 * np.sqrt(expected / count) + 1e-4).all()
    assert np.bincount(drawn[:, 2]) / count == pytest.approx(np.full(4, 1 / 4), abs=0.03)


def test_a_subset_of_correlated_keeps_the_weights(whole: ImageSet) -> None:
    data = take(correlate(whole, [("scale", "x")], 0.2), {"scale": [1, 4]}, {"y": 2})
    expected = [by_hand((1, 4)[scale], x, 0.2) for scale, x, _ in data.factors(np.arange(len(data))).tolist()]
    assert weights_of(data) == pytest.approx(expected)


def test_correlated_of_a_subset_scales_the_values_that_are_left(whole: ImageSet) -> None:
    data = correlate(take(whole, {"scale": [0, 1, 5]}, {}), [("scale", "x")], 0.2)
    expected = [exp(-((scale / 2 - x / 3) ** 2) / 0.08) for scale, x, _ in data.factors(np.arange(60)).tolist()]
    assert weights_of(data) == pytest.approx(expected)


def test_a_subset_that_would_never_be_drawn(whole: ImageSet) -> None:
    data = correlate(whole, [("scale", "x")], 0.01)
    with pytest.raises(DataError, match="all have weight 0"):
        take(data, {"scale": [0], "x": [3]}, {})


def test_weights_never_vanish_altogether() -> None:
    """Without an image near the diagonal, the nearest one has weight 1."""
    table = np.array([[0, 2], [1, 2], [2, 0]])
    data = correlate(images_of(FactorTable(("a", "b"), table), 3), [("a", "b")], 0.001)
    assert weights_of(data).tolist() == [0, 1, 0]


def test_provenance_says_of_what(whole: ImageSet) -> None:
    data = correlate(whole, [("x", "y")], 0.2)
    facts = {"source": "correlated", "sha256": "5", "pairs": [["x", "y"]], "sigma": 0.2, "of": whole.provenance}
    assert data.provenance == facts
    json.dumps(data.provenance)


@pytest.mark.parametrize(
    ("pair", "found"),
    [
        (("scal", "x"), r"no factor 'scal', did you mean 'scale'\?"),
        (("x", "hue"), "no factor 'hue'"),
    ],
)
def test_unknown_factors(whole: ImageSet, pair: tuple[str, str], found: str) -> None:
    with pytest.raises(DataError, match=found):
        correlate(whole, [pair], 0.1)


def test_a_factor_with_one_value() -> None:
    data = images_of(FactorGrid(("a", "b"), (3, 1)), 3)
    with pytest.raises(DataError, match="factor 'b' has only one value"):
        correlate(data, [("a", "b")], 0.1)


def test_images_without_factors() -> None:
    with pytest.raises(DataError, match="no factor 'a': the data set has no factors"):
        correlate(images_of(None, 3), [("a", "b")], 0.1)
