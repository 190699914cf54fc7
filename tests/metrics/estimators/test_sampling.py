import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bvtk.errors import UsageError
from bvtk.metrics.estimators.sampling import SharedValue, varying


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
