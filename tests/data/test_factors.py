"""Grids and tables of factors, and their inverses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bvtk.data.factors import FactorGrid, FactorTable
from bvtk.errors import DataError

SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=5).map(tuple)
TABLES = arrays(np.int64, st.tuples(st.integers(1, 30), st.integers(1, 6)), elements=st.integers(-3, 2**62))


def named(count: int) -> tuple[str, ...]:
    return tuple(f"f{number}" for number in range(count))


@given(SIZES)
def test_a_grid_and_its_inverse(sizes: tuple[int, ...]) -> None:
    grid = FactorGrid(named(len(sizes)), sizes)
    index = np.arange(math.prod(sizes))
    values = grid.values(index)
    assert len(grid) == len(index)
    assert values.dtype == np.int64
    assert (values.max(axis=0) == np.array(sizes) - 1).all()
    assert (grid.index_of(values) == index).all()


def test_the_last_factor_of_a_grid_is_fastest() -> None:
    grid = FactorGrid(("a", "b"), (2, 3))
    assert grid.values(np.arange(6)).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


@given(TABLES)
def test_a_table_and_its_inverse(rows: np.ndarray) -> None:
    table = FactorTable(named(rows.shape[1]), rows)
    index = np.arange(len(rows))
    values = table.values(index)
    assert table.sizes == tuple(len(set(column)) for column in rows.T.tolist())
    assert (values.max(axis=0) == np.array(table.sizes) - 1).all()
    found = table.index_of(values)
    assert (rows[found] == rows).all()
    first = {tuple(row): number for number, row in reversed(list(enumerate(rows.tolist())))}
    assert found.tolist() == [first[tuple(row)] for row in rows.tolist()]


def test_values_are_renumbered_in_order() -> None:
    table = FactorTable(("size", "hue"), np.array([[30, 7], [10, 7], [20, 9]]))
    assert table.sizes == (3, 2)
    assert table.values(np.array([0, 1, 2])).tolist() == [[2, 0], [0, 0], [1, 1]]


def test_many_large_factors_do_not_overflow() -> None:
    rows = np.random.default_rng(0).integers(0, 1000, (1000, 12))
    table = FactorTable(named(12), rows)
    assert math.prod(table.sizes) > 2**63
    assert (table.index_of(table.values(np.arange(1000))) == np.arange(1000)).all()


def test_a_combination_that_does_not_occur() -> None:
    table = FactorTable(("a", "b"), np.array([[0, 0], [1, 1]]))
    with pytest.raises(DataError, match=r"no image has the factors \{'a': 0, 'b': 1\}"):
        table.index_of(np.array([[1, 1], [0, 1]]))


@pytest.mark.parametrize("factors", [FactorGrid(("a", "b"), (2, 3)), FactorTable(("a", "b"), np.eye(3, 2, dtype=int))])
def test_values_out_of_range_and_wrong_shapes(factors: FactorGrid | FactorTable) -> None:
    with pytest.raises(DataError, match="factor 'a' has no value 2, its values are 0 to 1"):
        factors.index_of(np.array([[0, 0], [2, 0]]))
    with pytest.raises(DataError, match="factor 'b' has no value -1"):
        factors.index_of(np.array([[0, -1]]))
    with pytest.raises(DataError, match=r"expected \(n, 2\): a, b"):
        factors.index_of(np.array([0, 0]))


def test_no_factors() -> None:
    table = FactorTable((), np.zeros((5, 0), np.int64))
    assert table.sizes == ()
    assert table.values(np.array([0, 4])).shape == (2, 0)
    with pytest.raises(DataError, match="no factors"):
        table.index_of(np.zeros((1, 0), np.int64))
