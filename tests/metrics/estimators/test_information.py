from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from bvtk.metrics.estimators.information import (
    count_within,
    discretise,
    entropy,
    information_of_labels,
    information_of_values,
    joint_entropy,
    mutual_information,
    on_grid,
)
from tests.metrics.reference import case


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


def grid(x, seed=0):
    return on_grid(np.asarray(x), np.random.default_rng(seed))


def test_the_grid_keeps_the_order_and_breaks_ties():
    x = grid([3.0, -1.0, 3.0, 3.0 + 1e-7, 0.0])
    assert len(set(x.tolist())) == 5
    assert np.argsort(x)[[0, 1, 4]].tolist() == [1, 4, 3]


def test_the_grid_represents_one_outlier_in_a_million():
    far = np.zeros(1_000_000)
    far[0] = 1e30
    x = grid(far)
    assert x[0] == x.max() < 2**62


def test_counts_points_within_a_radius():
    x = np.array([0, 10, 11, 30])
    assert count_within(x, np.array([10, 1, 0, 100])).tolist() == [2, 2, 1, 4]


def test_information_of_labels_by_hand():
    x = np.array([0, 10, 13, 100, 104, 12])
    labels = np.array([5, 5, 5, 0, 0, 0])
    # k = 1: the nearest point of the same label is 10, 3, 3, 4, 4 and 88 away. Points nearer than that, with itself:
    m = np.array([1, 2, 2, 1, 1, 4])
    expected = digamma(6) + digamma(1) - digamma(3) - digamma(m).mean()
    assert expected > 0
    assert information_of_labels(x, labels, 1) == pytest.approx(expected)


def test_a_label_that_occurs_once_is_skipped():
    x, labels = grid(np.random.default_rng(0).normal(size=40)), np.arange(40) % 2
    with_one_more = np.append(x, x.max() + 2**50)
    assert information_of_labels(with_one_more, np.append(labels, 9), 3) == information_of_labels(x, labels, 3)
    assert information_of_labels(x, np.arange(40), 3) == 0


@pytest.mark.parametrize("name", ["rotated_dsprites", "mixed_dsprites", "noise_mini"])
def test_information_of_labels_agrees_with_scikit_learn(name):
    codes = case(name).codes
    for v in codes.factors.T:
        expected = mutual_info_classif(codes.codes, v, discrete_features=False, n_neighbors=10, random_state=0)
        found = [information_of_labels(grid(z), v, 10) for z in codes.codes.T]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_information_of_values_agrees_with_scikit_learn():
    rng = np.random.default_rng(0)
    x = rng.normal(size=1500)
    for y in (x + rng.normal(size=1500), np.sin(3 * x) + 0.1 * rng.normal(size=1500), rng.normal(size=1500)):
        expected = mutual_info_regression(x[:, None], y, n_neighbors=10, random_state=0)[0]
        assert information_of_values(grid(x), grid(y), 10) == pytest.approx(expected, abs=1e-6)


def test_information_of_two_gaussians():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=(2, 5000))
    r = 0.9
    y = r * x + math.sqrt(1 - r**2) * noise
    assert information_of_values(grid(x), grid(y), 10) == pytest.approx(-0.5 * math.log(1 - r**2), abs=0.03)


def test_information_of_two_overlapping_labels():
    # A fair label v and a code uniform in [v, v + 2]: half of the codes determine the label, the others do not.
    rng = np.random.default_rng(0)
    v = rng.integers(2, size=8000)
    assert information_of_labels(grid(v + 2 * rng.random(8000)), v, 10) == pytest.approx(0.5 * math.log(2), abs=0.02)


def test_tied_codes_have_the_information_of_their_frequencies():
    v = np.arange(6000) % 6
    assert information_of_labels(grid(v % 3), v, 10) == pytest.approx(math.log(3), abs=0.02)
    assert information_of_labels(grid(v), v, 10) == pytest.approx(math.log(6), abs=0.01)


def test_information_of_a_variable_with_itself():
    x = grid(np.random.default_rng(0).normal(size=500))
    assert information_of_values(x, x, 10) == pytest.approx(digamma(500) - digamma(10))
