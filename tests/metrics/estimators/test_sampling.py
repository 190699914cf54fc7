import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bvtk.errors import UsageError
from bvtk.metrics.estimators.sampling import SharedValue, draw_rows, train_and_test, varying
from bvtk.protocols import Codes
from tests.metrics.representations import labelled


def numbered(n):
    return labelled(np.arange(n, dtype=float)[:, None], np.arange(n)[:, None])


def test_few_images_are_all_used_in_order():
    assert draw_rows(4, 4, seed=3).tolist() == [0, 1, 2, 3]


def test_the_seed_draws_from_many_images_without_repeats():
    rows = draw_rows(1000, 100, seed=3)
    assert len(set(rows.tolist())) == 100
    assert rows.tolist() == draw_rows(1000, 100, seed=3).tolist() != draw_rows(1000, 100, seed=4).tolist()


def test_without_a_test_set_at_most_a_third_is_used_to_test():
    train, test = train_and_test(numbered(30), 10_000, 5_000, seed=0)
    assert len(test.codes) == 10
    assert sorted([*train.codes[:, 0], *test.codes[:, 0]]) == list(range(30))
    assert train.factors[:, 0].tolist() == train.codes[:, 0].tolist()
    assert test.factors[:, 0].tolist() == test.codes[:, 0].tolist()


def test_the_number_of_points_is_limited():
    train, test = train_and_test(numbered(1000), 100, 50, seed=0)
    assert (len(train.codes), len(test.codes)) == (100, 50)
    assert not set(train.codes[:, 0]) & set(test.codes[:, 0])


def test_the_test_set_of_the_caller_is_used():
    first, second = numbered(20), numbered(7)
    codes = Codes(first.codes, first.factors, first.factor_names, second.codes + 100, second.factors)
    train, test = train_and_test(codes, 10_000, 5, seed=0)
    assert train.codes.tolist() == first.codes.tolist()
    assert len(test.codes) == 5
    assert test.codes.min() >= 100


def test_varying_excludes_constant_factors():
    assert varying(np.array([[0, 1, 5], [0, 2, 5], [0, 1, 5]])) == [1]


@settings(deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=30), st.integers(0, 2**32))
def test_pairs_are_different_images_with_the_same_value(values, seed):
    values = np.array(values)
    if len(np.unique(values)) == len(values):
        with pytest.raises(UsageError, match="the same value of factor 'hue'"):
            SharedValue(values, "hue")
        return
    first, second = SharedValue(values, "hue").pairs(200, np.random.default_rng(seed))
    assert (values[first] == values[second]).all()
    assert (first != second).all()


def test_pairs_are_uniform_over_images_and_partners():
    values = np.array([7, 3, 7, 9, 3, 7])  # 9 occurs once, so it has no partner
    first, second = SharedValue(values, "hue").pairs(60_000, np.random.default_rng(0))
    counts = np.zeros((6, 6))
    np.add.at(counts, (first, second), 1)
    expected = np.zeros((6, 6))
    for a in (0, 1, 2, 4, 5):
        partners = [b for b in range(6) if values[b] == values[a] and b != a]
        expected[a, partners] = 60_000 / 5 / len(partners)
    np.testing.assert_allclose(counts, expected, atol=5 * np.sqrt(12_000))


def test_values_of_more_than_sixteen_bits():
    values = np.array([10**12, 3, 10**12, 3])
    first, second = SharedValue(values, "id").pairs(50, np.random.default_rng(0))
    assert (values[first] == values[second]).all()
