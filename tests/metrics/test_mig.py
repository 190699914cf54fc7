import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bvtk.errors import UsageError
from bvtk.metrics.mig_spec import Mig
from tests.metrics.reference import NAMES, case
from tests.metrics.representations import duplicated, labelled, perfect, scorer, uninformative

mig = scorer(Mig)


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_the_reference(name):
    assert mig(case(name).codes, seed=0)["score"] == pytest.approx(case(name).expected["mig"], abs=1e-6)


def test_calibration():
    assert mig(perfect(), 0)["score"] > 0.9
    assert mig(uninformative(), 0)["score"] < 0.02
    assert mig(duplicated(), 0)["score"] < 1e-9


def test_the_score_is_the_mean_of_the_gaps():
    result = mig(perfect(sizes=(4, 5)), 0)
    assert result["score"] == pytest.approx(sum(result["gaps"].values()) / 2)


def test_a_constant_factor_is_left_out_and_listed():
    codes = perfect(sizes=(4, 5))
    with_constant = labelled(codes.codes, np.insert(codes.factors, 1, 3, axis=1), ("a", "colour", "b"))
    result = mig(with_constant, 0)
    assert result["left_out"] == ["colour"]
    assert result["score"] == pytest.approx(mig(codes, 0)["score"])


def test_no_factor_that_varies_is_an_error():
    with pytest.raises(UsageError, match="found 0 of 2"):
        mig(labelled(np.random.default_rng(0).normal(size=(9, 2)), np.ones((9, 2), int)), 0)


def test_the_gap_of_a_single_code_is_its_information():
    factors = np.arange(10).repeat(10)[:, None]
    assert mig(labelled(factors.astype(float), factors), 0)["score"] == pytest.approx(1.0)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(10)), st.lists(st.sampled_from([-1.0, 1.0]), min_size=10, max_size=10), st.integers(-8, 8))
def test_order_sign_and_scale_of_codes_do_not_matter(order, signs, power):
    rotated = case("rotated_dsprites").codes
    codes, factors = rotated.codes[:300], rotated.factors[:300]
    usual = mig(labelled(codes, factors), 0)["score"]
    scaled = mig(labelled(codes[:, order] * 2.0**power, factors), 0)["score"]
    assert scaled == pytest.approx(usual, abs=1e-12)
    # The bins of a flipped code are closed on the other side, so points on an edge can change their bin.
    assert mig(labelled(codes * np.array(signs), factors), 0)["score"] == pytest.approx(usual, abs=5e-3)


def test_a_constant_code_changes_nothing():
    codes = perfect()
    with_dead = labelled(np.insert(codes.codes, 2, 0.5, axis=1), codes.factors)
    assert mig(with_dead, 0)["score"] == mig(codes, 0)["score"]


def test_more_images_than_points_are_drawn_by_the_seed():
    codes = perfect(n=4000)
    assert mig(codes, 1, points=1000) == mig(codes, 1, points=1000)
    assert mig(codes, 1, points=1000) != mig(codes, 2, points=1000)
