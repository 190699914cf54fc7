"""Part of a data set, by the values of its factors."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bvtk.data.factors import FactorGrid, FactorTable
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.data.subset import take
from bvtk.errors import DataError
from bvtk.protocols import position_factors

NAMES, SIZES = ("shape", "scale", "x", "y"), (3, 6, 4, 5)
SHAPES = ("square", "ellipse", "heart")


def images_of(factors: FactorGrid | FactorTable, count: int, **named: tuple[str, ...]) -> ImageSet:
    """Images of two pixels that hold their own index."""
    pixels = np.stack(np.divmod(np.arange(count), 256), axis=1).astype(np.uint8).reshape(count, 1, 1, 2)
    return ImageSet(Bytes(pixels), factors, 255, {"source": "test", "sha256": "5"}, named)


@pytest.fixture
def whole() -> ImageSet:
    return images_of(FactorGrid(NAMES, SIZES), 360, shape=SHAPES)


def old_index(data: ImageSet) -> np.ndarray:
    high, low = data.images(np.arange(len(data)))[:, 0, 0].T.astype(int)
    return 256 * high + low


def test_two_shapes_of_three(whole: ImageSet) -> None:
    data = take(whole, {"shape": ["heart", "square"]}, {})
    assert (data.factor_names, data.factor_sizes) == (NAMES, (2, 6, 4, 5))
    assert data.value_names == {"shape": ("square", "heart")}
    assert old_index(data).tolist() == [*range(120), *range(240, 360)]
    assert data.factors(np.array([0, 119, 120])).tolist() == [[0, 0, 0, 0], [0, 5, 3, 4], [1, 0, 0, 0]]
    assert (data.image_shape, data.peak) == (whole.image_shape, 255)
    assert position_factors(data.factor_roles) == ("x", "y")


def test_every_other_value(whole: ImageSet) -> None:
    data = take(whole, {}, {"scale": 2, "y": 3})
    assert data.factor_sizes == (3, 3, 4, 2)
    old = whole.factors(old_index(data))
    assert np.unique(old[:, 1]).tolist() == [0, 2, 4]
    assert np.unique(old[:, 3]).tolist() == [0, 3]
    assert (data.factors(np.arange(len(data))) == old // [1, 2, 1, 3]).all()


def test_constant_factors_are_dropped(whole: ImageSet) -> None:
    data = take(whole, {"shape": [1], "x": [2]}, {"scale": 6})
    assert (data.factor_names, data.factor_sizes) == (("y",), (5,))
    assert data.value_names == {}
    assert position_factors(data.factor_roles) is None
    assert data.index_of(np.array([[3]])).tolist() == [3]


def test_one_image_alone(whole: ImageSet) -> None:
    data = take(whole, {"shape": ["heart"], "scale": [5], "x": [3], "y": [4]}, {})
    assert (len(data), data.factor_names) == (1, ())
    assert old_index(data).tolist() == [359]


def test_values_that_no_longer_occur() -> None:
    """Colour 1 comes with shape 1 alone: without that shape, colours 0 and 2 are numbered 0 and 1."""
    table = np.array([[0, 0, 0], [0, 2, 1], [1, 1, 0], [2, 0, 1]])
    data = take(
        images_of(FactorTable(("shape", "colour", "z"), table), 4, colour=("r", "g", "b")), {"shape": [0, 2]}, {}
    )
    assert data.factor_sizes == (2, 2, 2)
    assert data.factors(np.arange(3)).tolist() == [[0, 0, 0], [0, 1, 1], [1, 0, 1]]
    assert data.value_names == {"colour": ("r", "b")}
    with pytest.raises(DataError, match="no image has the factors"):
        data.index_of(np.array([[1, 1, 0]]))


@given(st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=3, max_size=3))
def test_factors_and_index_are_inverse(kept: list[set[int]]) -> None:
    whole = images_of(FactorGrid(("a", "b", "c"), (4, 4, 4)), 64)
    data = take(whole, {name: sorted(values) for name, values in zip("abc", kept, strict=True)}, {})
    assert len(data) == np.prod([len(values) for values in kept])
    index = np.arange(len(data))
    if data.factor_names:
        assert (data.index_of(data.factors(index)) == index).all()
    old = whole.factors(old_index(data))
    assert all(set(old[:, column]) == values for column, values in enumerate(kept))


def test_a_subset_of_a_subset(whole: ImageSet) -> None:
    data = take(take(whole, {"shape": [0, 2]}, {}), {"shape": ["heart"]}, {})
    assert old_index(data).tolist() == list(range(240, 360))
    assert data.provenance["of"]["of"] == whole.provenance


def test_provenance_says_of_what(whole: ImageSet) -> None:
    data = take(whole, {"shape": ["heart", 0]}, {"scale": 4})
    kept = {"shape": [0, 2], "scale": [0, 4]}
    assert data.provenance == {"source": "subset", "sha256": "5", "kept": kept, "of": whole.provenance}
    json.dumps(data.provenance)


@pytest.mark.parametrize(
    ("keep", "every", "found"),
    [
        ({"shpe": [0]}, {}, r"no factor 'shpe', did you mean 'shape'\?"),
        ({}, {"hue": 2}, "no factor 'hue'"),
        ({"scale": [6]}, {}, "factor 'scale' has no value 6, its values are 0 to 5"),
        ({"shape": ["star"]}, {}, "no value 'star', its values are 0 to 2, or square, ellipse, heart"),
        ({"scale": ["large"]}, {}, "factor 'scale' has no value 'large'"),
    ],
)
def test_unknown_factors_and_values(whole: ImageSet, keep: dict[str, Any], every: dict[str, int], found: str) -> None:
    with pytest.raises(DataError, match=found):
        take(whole, keep, every)


def test_nothing_is_left() -> None:
    data = images_of(FactorTable(("a", "b"), np.array([[0, 0], [1, 1]])), 2)
    with pytest.raises(DataError, match="no image has all of these values: a: 0; b: 1"):
        take(data, {"a": [0], "b": [1]}, {})


def test_images_without_factors() -> None:
    data = images_of(FactorTable((), np.zeros((0, 0), np.int64)), 3)
    with pytest.raises(DataError, match="there is no factor 'shape': the data set has no factors"):
        take(data, {"shape": [0]}, {})


def test_weights_and_sequences_of_what_is_left() -> None:
    """Sequences end where images between were left out."""
    frames = np.array([0, 1, 2, 3, 0, 1, 2, 0])
    whole = images_of(FactorTable(("frame",), frames[:, None]), 8)
    whole.weights = np.arange(8.0)
    whole.sequences = np.array([5, 5, 5, 5, 6, 6, 6, 9])
    data = take(whole, {"frame": [0, 1, 3]}, {})
    assert old_index(data).tolist() == [0, 1, 3, 4, 5, 7]
    assert data.weights is not None
    assert data.weights.tolist() == [0, 1, 3, 4, 5, 7]
    assert data.sequences is not None
    assert data.sequences.tolist() == [0, 0, 1, 2, 2, 3]
    again = take(data, {"frame": [0, 1]}, {})
    assert again.sequences is not None
    assert again.sequences.tolist() == [0, 0, 1, 1, 2]


def test_roles_of_the_factors_that_are_left(whole: ImageSet) -> None:
    whole.factor_roles = {"scale": "category", "x": "horizontal"}
    assert take(whole, {"x": [0]}, {}).factor_roles == {"scale": "category"}
