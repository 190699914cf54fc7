"""Images as bytes and as bits, and the data set made of them."""

from __future__ import annotations

import numpy as np
import pytest

from bvtk.data.factors import FactorGrid
from bvtk.data.imageset import Bits, Bytes, ImageSet
from bvtk.protocols import Dataset, ImageShape

RANDOM = np.random.default_rng(0)


def test_bytes_are_copied_in_the_order_of_the_index() -> None:
    array = RANDOM.integers(0, 256, (10, 3, 4, 5), np.uint8)
    read = Bytes(array).read(np.array([7, 2, 2]))
    assert (read == array[[7, 2, 2]]).all()
    read[:] = 0
    assert array[7].any()


def test_fortran_ordered_bytes_come_out_contiguous() -> None:
    array = np.asfortranarray(RANDOM.integers(0, 256, (10, 3, 4, 5), np.uint8))
    read = Bytes(array).read(np.array([1, 9]))
    assert read.flags.c_contiguous
    assert (read == array[[1, 9]]).all()


@pytest.mark.parametrize("shape", [(1, 64, 64), (1, 3, 5), (3, 2, 2)])
def test_bits_are_unpacked(shape: tuple[int, int, int]) -> None:
    images = RANDOM.integers(0, 2, (20, *shape), np.uint8)
    bits = Bits(np.packbits(images.reshape(20, -1), axis=1), ImageShape(*shape))
    assert bits.shape == images.shape
    read = bits.read(np.array([19, 0, 4]))
    assert read.dtype == np.uint8
    assert (read == images[[19, 0, 4]]).all()
    assert bits.read(np.array([], np.int64)).shape == (0, *shape)


def test_the_data_set_fulfils_the_protocol() -> None:
    grid = FactorGrid(("x", "y"), (2, 3))
    array = RANDOM.integers(0, 256, (6, 1, 2, 2), np.uint8)
    data: Dataset = ImageSet(Bytes(array), grid, 255, {"source": "test", "sha256": "0"})
    assert len(data) == 6
    assert data.image_shape == ImageShape(1, 2, 2)
    assert data.factor_names == ("x", "y")
    assert data.factor_sizes == (2, 3)
    assert data.factor_roles == {"x": "horizontal", "y": "vertical"}
    assert data.weights is None
    assert data.sequences is None
    index = np.array([5, 1])
    assert (data.images(index) == array[index]).all()
    assert (data.index_of(data.factors(index)) == index).all()


def test_roles_weights_and_sequences_are_as_given() -> None:
    weights, sequences = np.arange(6.0), np.repeat([0, 1], 3)
    data = ImageSet(
        Bytes(np.zeros((6, 1, 2, 2), np.uint8)),
        FactorGrid(("x", "y"), (2, 3)),
        255,
        {},
        factor_roles={"x": "category"},
        weights=weights,
        sequences=sequences,
    )
    assert data.factor_roles == {"x": "category"}
    assert data.weights is weights
    assert data.sequences is sequences
