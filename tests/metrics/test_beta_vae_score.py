from dataclasses import replace

import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.beta_vae_score import sample_points
from bvtk.metrics.beta_vae_score_spec import BetaVaeScore
from bvtk.metrics.estimators.sampling import Labelled
from tests.metrics.reference import SAMPLED, case, noise_free_grid
from tests.metrics.representations import duplicated, labelled, perfect, scorer, uninformative

beta_vae_score = scorer(BetaVaeScore)

SMALL = {"train_points": 1500, "test_points": 1500, "pairs": 64}


@pytest.mark.parametrize("name", SAMPLED)
def test_agrees_with_the_reference_on_whole_grids(name):
    result = beta_vae_score(noise_free_grid(name), 0, protocol="dlib", pairs=64)
    expected = np.mean(case(name).expected["noise_free_grid_beta_vae_score"])
    assert result["score"] == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("protocol", ["paper", "dlib"])
def test_calibration(protocol):
    assert beta_vae_score(perfect(), 0, protocol=protocol, **SMALL)["score"] > 0.95
    assert beta_vae_score(duplicated(), 0, protocol=protocol, **SMALL)["score"] > 0.95
    result = beta_vae_score(uninformative(), 0, protocol=protocol, **SMALL)
    assert result["score"] == pytest.approx(result["chance"], abs=0.05)


def test_one_point_is_the_mean_distance_over_pairs_that_share_the_factor():
    factors = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    codes = np.array([[0.0, 0.0], [0.0, 3.0], [2.0, 0.0], [2.0, 3.0]])  # factor 0 times 2, factor 1 times 3
    x, y = sample_points(Labelled(codes, factors), {0: "a", 1: "b"}, 40, 5, np.random.default_rng(0))
    # Two of these images that share one factor always differ in the other.
    np.testing.assert_array_equal(x[y == 0], np.tile([0.0, 3.0], (int((y == 0).sum()), 1)))
    np.testing.assert_array_equal(x[y == 1], np.tile([2.0, 0.0], (int((y == 1).sum()), 1)))


def with_roles(sizes, names, **roles):
    codes = perfect(sizes=sizes)
    return replace(labelled(codes.codes, codes.factors, names), factor_roles=roles)


def test_pairs_of_the_paper_never_share_a_category():
    codes = with_roles((3, 6, 8), ("kind", "scale", "x"), kind="category", x="horizontal")
    paper, dlib = (beta_vae_score(codes, 0, protocol=p, **SMALL) for p in ("paper", "dlib"))
    assert (paper["factors"], paper["chance"]) == (["scale", "x"], 1 / 2)
    assert (dlib["factors"], dlib["chance"]) == (["kind", "scale", "x"], 1 / 3)
    assert (len(paper["scores"]), len(dlib["scores"])) == (3, 1)
    assert paper["score"] == pytest.approx(np.mean(paper["scores"]))


def test_the_name_of_a_factor_is_not_its_role():
    codes = with_roles((3, 6, 8), ("shape", "scale", "x"))
    assert beta_vae_score(codes, 0, **SMALL)["factors"] == ["shape", "scale", "x"]


def test_pairs_share_a_category_too_if_only_one_other_factor_varies():
    codes = with_roles((3, 6), ("shape", "scale"), shape="category")
    assert beta_vae_score(codes, 0, **SMALL)["factors"] == ["shape", "scale"]


def test_a_constant_factor_is_never_shared():
    codes = perfect(sizes=(4, 5))
    named = labelled(codes.codes, np.insert(codes.factors, 0, 2, axis=1), ("colour", "a", "b"))
    assert beta_vae_score(named, 0, **SMALL)["factors"] == ["a", "b"]


def test_one_varying_factor_is_an_error():
    factors = np.stack([np.arange(20) % 4, np.zeros(20, int)], axis=1)
    with pytest.raises(UsageError, match="at least 2 factors with more than one value, found 1 of 2"):
        beta_vae_score(labelled(factors * 1.0, factors), 0)


@pytest.mark.parametrize("protocol", ["paper", "dlib"])
def test_the_same_seed_gives_the_same_score(protocol):
    mixed = case("mixed_dsprites").codes
    codes = labelled(mixed.codes, mixed.factors)
    first, again, other = (beta_vae_score(codes, seed, protocol=protocol, **SMALL) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_order_and_sign_of_codes_do_not_matter():
    codes, factors = case("mixed_dsprites").codes.codes, case("mixed_dsprites").codes.factors
    usual = beta_vae_score(labelled(codes, factors), 0, protocol="dlib", **SMALL)["score"]
    changed = np.insert(-codes[:, ::-1], 3, 0.5, axis=1)  # reversed, negated, and with a constant code
    again = beta_vae_score(labelled(changed, factors), 0, protocol="dlib", **SMALL)
    assert again["score"] == pytest.approx(usual, abs=0.01)


def test_the_number_of_classifiers():
    result = beta_vae_score(perfect(sizes=(5, 5)), 0, classifiers=5, **SMALL)
    assert len(result["scores"]) == 5
    assert result["score"] == pytest.approx(1.0, abs=0.02)


def test_test_points_come_from_the_test_set():
    codes, unlike = perfect(sizes=(5, 5)), uninformative(sizes=(5, 5))
    apart = type(codes)(codes.codes, codes.factors, codes.factor_names, unlike.codes[:, :2], unlike.factors)
    result = beta_vae_score(apart, 0, **SMALL)
    assert result["train_accuracy"] > 0.95
    assert result["score"] < 0.65
