import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.irs import robustness
from bvtk.metrics.irs_spec import Irs
from tests.metrics.reference import NAMES, case
from tests.metrics.representations import labelled, perfect, scorer

irs = scorer(Irs)


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_the_reference(name):
    assert irs(case(name).codes, seed=0)["score"] == pytest.approx(case(name).expected["irs"], abs=1e-6)


def test_robustness_by_hand():
    z = np.array([[0.0], [2.0], [5.0], [5.0], [8.0]])  # mean 4, largest deviation 4
    values = np.array([7, 7, 1, 1, 3])  # 3 occurs once; the deviation is 1 within the value 7, and 0 within the value 1
    assert robustness(z, values, quantile=1.0)[0] == pytest.approx(1 - 0.5 * (1 + 0) / 4)


def test_codes_are_weighted_by_their_largest_deviation():
    factors = np.arange(4).repeat(25)[:, None]
    still = factors * 10.0
    restless = np.tile(np.linspace(-1, 1, 25), 4)[:, None]
    result = irs(labelled(np.hstack([still, restless]), factors), 0, quantile=1.0)
    assert result["score"] == pytest.approx((15 * 1 + 1 * 0) / 16)  # deviations of 15 and 1


def test_constant_codes_are_left_out():
    codes = perfect(n=200)
    with_dead = labelled(np.insert(codes.codes, 2, 0.5, axis=1), codes.factors)
    assert irs(with_dead, 0) == irs(codes, 0)
    assert irs(labelled(np.ones((200, 3)), codes.factors), 0)["score"] == 0


def test_a_factor_without_repeated_values_is_left_out():
    factors = np.stack([np.arange(30), np.arange(30) % 3, np.zeros(30, int)], axis=1)
    noise = np.random.default_rng(0).normal(size=(30, 2))
    result = irs(labelled(noise, factors, ("each", "thirds", "none")), 0)
    assert result["left_out"] == ["each", "none"]
    assert result["score"] < 0.5
    with pytest.raises(UsageError, match="none among each, none"):
        irs(labelled(noise, factors[:, [0, 2]], ("each", "none")), 0)


def test_more_images_than_points_are_drawn_by_the_seed():
    codes = case("mixed_dsprites").codes
    first, again, other = (irs(codes, seed, points=500) for seed in (1, 1, 2))
    assert first == again != other
