import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.factor_vae_score_spec import FactorVaeScore
from bvtk.protocols import Codes
from tests.metrics.reference import SAMPLED, case, noise_free_grid
from tests.metrics.representations import duplicated, grid, labelled, perfect, scorer, uninformative

factor_vae_score = scorer(FactorVaeScore)

FEW = {"train_votes": 2000, "test_votes": 1000}


@pytest.mark.parametrize("name", SAMPLED)
def test_agrees_with_the_reference_on_whole_grids(name):
    expected = np.mean(case(name).expected["noise_free_grid_factor_vae_score"])
    assert factor_vae_score(noise_free_grid(name), 0)["score"] == pytest.approx(expected, abs=0.02)


def test_the_constant_code_votes_for_its_factor():
    """Two factors, two codes: the code of the shared factor does not vary, so every vote is correct."""
    factors = grid((4, 5))
    result = factor_vae_score(labelled(factors * [3.0, -0.5], factors), 0, **FEW)
    assert result["score"] == result["train_accuracy"] == 1.0
    assert (result["chance"], result["active_codes"]) == (1 / 2, 2)


def test_variances_are_relative():
    """If the first factor is shared, code 0 keeps 1/500 of its variance and varies as much as code 1."""
    factors = grid((4, 5))
    wide = factors[:, 0] * 30.0 + factors[:, 1]
    result = factor_vae_score(labelled(np.stack([wide, factors[:, 1]], axis=1), factors), 0, **FEW)
    assert result["score"] == 1.0


def test_codes_with_a_small_deviation_do_not_vote():
    codes = perfect()
    with_dead = labelled(np.insert(codes.codes, 0, 0.5, axis=1), codes.factors)
    assert factor_vae_score(with_dead, 0, **FEW) == factor_vae_score(codes, 0, **FEW)
    still = factor_vae_score(labelled(codes.codes * 1e-3, codes.factors), 0, **FEW)
    assert (still["score"], still["active_codes"]) == (0.0, 0)
    assert factor_vae_score(labelled(codes.codes * 1e-3, codes.factors), 0, least_deviation=0, **FEW)["score"] == 1.0


def test_noise_scores_at_chance_and_duplicates_perfectly():
    assert factor_vae_score(uninformative(), 0, **FEW)["score"] == pytest.approx(1 / 5, abs=0.06)
    assert factor_vae_score(duplicated(), 0, **FEW)["score"] == 1.0


def test_test_votes_come_from_the_test_set():
    train, test = perfect(), uninformative()
    mixed = Codes(train.codes, train.factors, train.factor_names, test.codes[:, :5], test.factors)
    result = factor_vae_score(mixed, 0, **FEW)
    assert result["train_accuracy"] == 1.0
    assert result["score"] < 0.4


def test_the_seed_determines_the_score():
    codes = noise_free_grid("rotated_dsprites")
    first, again, other = (factor_vae_score(codes, seed, **FEW)["score"] for seed in (1, 1, 2))
    assert first == again != other


def test_one_varying_factor_is_an_error():
    factors = np.stack([np.arange(20) % 4, np.zeros(20, int)], axis=1)
    with pytest.raises(UsageError, match="at least 2 factors with more than one value, found 1 of 2"):
        factor_vae_score(labelled(np.ones((20, 2)), factors), 0)
