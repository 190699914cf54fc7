import math

import numpy as np
import pytest

from bvtk.metrics.estimators.information import discretise, entropy, joint_entropy, mutual_information


def test_bins_have_equal_width_and_include_the_maximum():
    assert discretise(np.array([0.0, 0.9, 1.0, 1.9, 4.0]), 4).tolist() == [0, 0, 1, 1, 3]


def test_a_constant_code_is_in_one_bin():
    for value in (0.0, 0.5, -3e20, 1e300):
        assert len(set(discretise(np.full(5, value), 20).tolist())) == 1


def test_entropy_of_a_biased_coin():
    assert entropy(np.array([0, 0, 0, 1])) == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))


def test_joint_entropy_of_independent_coins_adds_up():
    a, b = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    assert joint_entropy(a, b) == pytest.approx(2 * math.log(2))


def test_mutual_information_by_hand():
    factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    codes = np.array([[0.0, 5.0], [0.0, 5.0], [1.0, 5.0], [1.0, 5.0]])
    expected = [[math.log(2), 0.0], [0.0, 0.0]]  # rows are codes, columns factors
    np.testing.assert_allclose(mutual_information(codes, factors, 20), expected, atol=1e-12)


def test_factors_are_not_binned():
    factors = np.arange(40).repeat(5)[:, None]
    codes = factors.astype(float)
    assert mutual_information(codes, factors, 40)[0, 0] == pytest.approx(math.log(40))
    assert mutual_information(codes, factors, 20)[0, 0] == pytest.approx(math.log(20))
