import math

import numpy as np
import pytest

from bvtk.metrics.unsupervised import mean_information, total_correlation, wasserstein_correlation
from bvtk.metrics.unsupervised_spec import Unsupervised
from tests.metrics.reference import NAMES, case
from tests.metrics.representations import duplicated, labelled, scorer

unsupervised = scorer(Unsupervised)


def score(z, **settings):
    return unsupervised(labelled(z, np.zeros((len(z), 1), int)), 0, **settings)


@pytest.mark.parametrize("name", [name for name in NAMES if "gaussian_total_correlation" in case(name).expected])
def test_agrees_with_the_reference(name):
    result = unsupervised(case(name).codes, seed=0)
    for key in ("gaussian_total_correlation", "gaussian_wasserstein_correlation"):
        assert result[key] == pytest.approx(case(name).expected[key], abs=1e-6)


def test_total_correlation_of_two_gaussians():
    covariance = np.array([[4.0, 2 * 3 * 0.8], [2 * 3 * 0.8, 9.0]])  # deviations 2 and 3, correlation 0.8
    assert total_correlation(covariance) == pytest.approx(-0.5 * math.log(1 - 0.8**2))
    assert total_correlation(np.diag([1e-12, 1e12])) == pytest.approx(0)


def test_wasserstein_correlation_of_two_gaussians():
    # For equal variances v and correlation r, the roots of v²(1 ± r) are v√(1 ± r).
    expected = 2 * 2 * 5 - 2 * 5 * (math.sqrt(1.6) + math.sqrt(0.4))
    assert wasserstein_correlation(np.array([[5.0, 3.0], [3.0, 5.0]])) == pytest.approx(expected)
    assert wasserstein_correlation(np.diag([1.0, 7.0])) == pytest.approx(0, abs=1e-12)


def test_codes_that_are_functions_of_others_have_no_finite_total_correlation():
    result = unsupervised(duplicated(n=400), 0)
    assert "gaussian_total_correlation" not in result
    # For pairs of equal codes of variance 1, the roots of 1 ± 1 are √2 and 0: (2 · 2 − 2 √2) / 2.
    assert result["gaussian_wasserstein_correlation_normalised"] == pytest.approx(2 - math.sqrt(2), abs=0.01)


def test_constant_codes_do_not_change_the_gaussian_scores():
    z = case("rotated_dsprites").codes.codes
    usual, with_dead = score(z), score(np.insert(z, 3, 0.25, axis=1))
    for key in usual.keys() - {"score", "mutual_information"}:  # a mean over more pairs
        assert with_dead[key] == pytest.approx(usual[key], rel=1e-9)
    assert with_dead["mutual_information"] == pytest.approx(usual["mutual_information"] * 45 / 55)


def test_constant_codes_score_0():
    assert set(score(np.full((50, 3), 0.1)).values()) == {0}


def test_a_single_code_scores_0():
    result = score(np.random.default_rng(0).normal(size=(50, 1)))
    assert result["mutual_information"] == 0
    assert result["gaussian_total_correlation"] == pytest.approx(0)


def test_mutual_information_of_equal_codes_is_their_entropy():
    z = np.arange(40.0).repeat(2)[:, None] % 4
    assert mean_information(np.hstack([z, -z]), 20, 10, 0) == pytest.approx(math.log(4))


def test_the_seed_draws_pairs_if_there_are_many():
    z = case("mixed_dsprites").codes.codes
    assert mean_information(z, 20, 5, 0) == mean_information(z, 20, 5, 0) != mean_information(z, 20, 5, 1)
    assert mean_information(z, 20, 44, 0) == pytest.approx(mean_information(z, 20, 45, 0), rel=0.1)


def test_active_units_have_a_variance_above_a_hundredth():
    z = np.random.default_rng(0).normal(size=(500, 3)) * [1, 0.2, 0.05]
    assert score(z)["active_units"] == 2
