import math

import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.infomec import active_codes, concentration
from bvtk.metrics.infomec_spec import InfoMec
from bvtk.protocols import Codes
from tests.metrics.reference import case
from tests.metrics.representations import duplicated, labelled, perfect, scorer

infomec = scorer(InfoMec)


def test_concentration_by_hand():
    assert concentration(np.array([[2.0, 0.0], [1.0, 1.0]])) == pytest.approx((0.75 - 0.5) / 0.5)
    assert concentration(np.array([[3.0, 1.0, 0.0, 0.0]])) == pytest.approx((0.75 - 0.25) / 0.75)


def test_rows_of_zeros_count_as_uniform():
    assert concentration(np.array([[0.0, 0.0], [1.0, 0.0]])) == pytest.approx(0.5)
    assert concentration(np.zeros((2, 2))) == 0
    assert concentration(np.array([[0.3], [0.0]])) == 0.5  # with one column, rows count 1 or 0
    assert concentration(np.zeros((0, 3))) == concentration(np.zeros((3, 0))) == 0


def test_codes_with_a_narrow_range_are_not_active():
    z = np.array([[0.0, 0.0, 5.0, 0.0], [20.0, 1.0, 5.0, 1.5]])
    assert active_codes(z).tolist() == [True, False, False, True]
    assert not active_codes(np.ones((4, 2))).any()


@pytest.mark.parametrize("continuous", [False, True])
def test_known_representations(continuous):
    whole = infomec(perfect(), 0, continuous_factors=continuous)
    assert min(whole["modularity"], whole["compactness"], whole["explicitness"]) > 0.99
    twice = infomec(duplicated(n=1000), 0, continuous_factors=continuous)
    assert twice["modularity"] > 0.98
    assert twice["compactness"] == pytest.approx((1 / 2 - 1 / 10) / (1 - 1 / 10), abs=0.01)
    dead = infomec(labelled(np.full((300, 4), 0.5), perfect(n=300).factors), 0, continuous_factors=continuous)
    assert [dead[key] for key in ("modularity", "compactness", "active_codes")] == [0, 0, 0]
    assert dead["explicitness"] == pytest.approx(0, abs=1e-9)


def test_shares_of_a_code_that_encodes_two_factors():
    # One code encodes a factor with 4 values and one with 2; the other encodes the second factor again.
    rng = np.random.default_rng(0)
    factors = rng.integers((4, 2), size=(4000, 2))
    codes = np.stack([factors @ [2, 1], factors[:, 1]], axis=1) + 1e-3 * rng.normal(size=(4000, 2))
    result = infomec(labelled(codes, factors), 0)
    assert result["modularity"] == pytest.approx(((0.5 + 1) / 2 - 0.5) / 0.5, abs=0.01)  # shares (1, 1) and (0, 1)
    assert result["compactness"] == pytest.approx(((1 + 0.5) / 2 - 0.5) / 0.5, abs=0.01)


def test_continuous_factors_with_noise():
    # With a factor and noise of variance 1, R² is 1/2; it is 0 for the factor that no code encodes.
    rng = np.random.default_rng(0)
    factors = np.stack([rng.permutation(5000) for _ in range(2)], axis=1)
    signal = (factors[:, :1] - 2499.5) / factors[:, :1].std()
    result = infomec(labelled(signal + rng.normal(size=(5000, 1)), factors), 0, continuous_factors=True)
    assert result["explicitness"] == pytest.approx(0.25, abs=0.01)
    assert result["modularity"] > 0.9


def test_explicitness_of_a_code_with_errors():
    # A binary code that is correct for nine of ten images: the cross-entropy is that of a coin with bias 0.9.
    v = np.arange(2000) % 2
    wrong = np.arange(2000) % 20 < 2
    factors = np.stack([v, np.arange(2000) // 1000], axis=1)
    codes = np.stack([v ^ wrong, factors[:, 1]], axis=1).astype(float)
    coin = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))
    expected = (1 - coin / math.log(2) + 1) / 2
    assert infomec(labelled(codes, factors), 0)["explicitness"] == pytest.approx(expected, abs=1e-3)


def test_a_test_set_shows_overfitting():
    whole = case("noise_mini").codes
    with_test = infomec(whole, 0)
    assert with_test["explicitness_test"] < 0 < with_test["explicitness"]
    alone = infomec(labelled(whole.codes, whole.factors), 0)
    assert "explicitness_test" not in alone
    assert alone["explicitness"] == with_test["explicitness"]


def test_factor_values_that_were_not_in_the_training_set_are_skipped():
    codes = perfect(n=300, sizes=(3, 3))
    new = Codes(codes.codes, codes.factors, codes.factor_names, codes.codes[:9], codes.factors[:9] + [[0, 9]] * 9)
    found = infomec(new, 0)
    assert (found["not_tested"], found["explicitness_test"]) == (["factor_1"], pytest.approx(1, abs=0.1))
    none = Codes(codes.codes, codes.factors, codes.factor_names, codes.codes[:9], codes.factors[:9] + 9)
    found = infomec(none, 0)
    assert found["not_tested"] == ["factor_0", "factor_1"]
    assert "explicitness_test" not in found
    assert found["explicitness"] > 0.9
    partly = codes.factors.copy()
    partly[0] = 9
    kept = Codes(codes.codes, codes.factors, codes.factor_names, codes.codes, partly)
    assert infomec(kept, 0)["explicitness_test"] > 0.9


def test_constant_factors():
    codes = perfect(n=300, sizes=(3, 4))
    result = infomec(labelled(codes.codes, np.insert(codes.factors, 0, 1, axis=1)), 0)
    assert result["left_out"] == ["factor_0"]
    with pytest.raises(UsageError, match="at least 2 factors with more than one value, found 1 of 1"):
        infomec(labelled(codes.codes, codes.factors[:, :1]), 0)


def test_the_seed_draws_points():
    codes = case("mixed_dsprites").codes
    first, again, other = (infomec(codes, seed, points=300) for seed in (1, 1, 2))
    assert first == again != other
