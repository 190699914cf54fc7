import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import Lasso

from bvtk.metrics.udr import correlations, lasso_weights, one_to_one, udr

MEASURES = ("lasso", "spearman")


def independent(n=1000, d=4, seed=0):
    """Codes that are exactly uncorrelated, with mean 0 and variance 1."""
    z = np.random.default_rng(seed).normal(size=(n, d))
    return np.linalg.qr(z - z.mean(axis=0))[0] * np.sqrt(n)


def test_one_to_one_by_hand():
    assert one_to_one(np.eye(3)) == 1
    strengths = np.array([[0.9, 0.3], [0.0, 0.6], [0.0, 0.0]])
    rows, columns = [0.81 / 1.2, 0.36 / 0.6, 0], [0.81 / 0.9, 0.36 / 0.9]
    assert one_to_one(strengths) == pytest.approx(sum(rows + columns) / 5)
    assert one_to_one(np.zeros((0, 3))) == one_to_one(np.zeros((2, 2))) == 0


def test_lasso_weights_of_independent_codes_are_shrunken_correlations():
    z = independent()
    target = np.stack([0.8 * z[:, 0] + 0.6 * z[:, 1], 0.05 * z[:, 2] + np.sqrt(1 - 0.05**2) * z[:, 3]], axis=1)
    expected = np.array([[0.7, 0], [0.5, 0], [0, 0], [0, np.sqrt(1 - 0.05**2) - 0.1]])  # shrunken by 0.1, at least 0
    np.testing.assert_allclose(lasso_weights(z, target), expected, atol=1e-3)


def test_lasso_weights_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    source = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 3))
    target = source @ rng.normal(size=(3, 2)) + rng.normal(size=(200, 2))
    source, target = ((z - z.mean(0)) / z.std(0) for z in (source, target))
    expected = [np.abs(Lasso(alpha=0.1).fit(source, column).coef_) for column in target.T]
    np.testing.assert_allclose(lasso_weights(source, target), np.transpose(expected), atol=1e-6)
    assert lasso_weights(source, target[:, :1]).shape == (3, 1)


def test_spearman_correlations_agree_with_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 50, 2))
    second[:, 0] += first[:, 0]
    result = udr([first, second], [None, None], measure="spearman")
    matrix = np.abs(spearmanr(first, second).statistic)[:2, 2:]
    assert result.pairs[0, 1] == result.pairs[1, 0] == pytest.approx(one_to_one(matrix))
    assert correlations(first, second).shape == (2, 2)


@pytest.mark.parametrize("measure", MEASURES)
def test_models_that_agree_up_to_order_sign_and_scale(measure):
    z = independent()
    result = udr([z, z[:, ::-1] * [-1, 2, 3, -4], z + 5], [None] * 3, measure=measure)
    most = {"lasso": 0.9, "spearman": one_to_one(np.abs(spearmanr(z).statistic))}[measure]  # 0.9² / 0.9
    np.testing.assert_allclose(result.scores, most, atol=1e-3)
    assert result.active_codes == (4, 4, 4)


@pytest.mark.parametrize("measure", MEASURES)
def test_the_entangled_model_comes_last(measure):
    z = independent(d=3)
    turned = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    result = udr([z, z @ turned, -z, 2 * z], [np.ones(3)] * 4, measure=measure)
    assert np.argmin(result.scores) == 1
    assert result.scores[1] < 0.7 < result.scores[[0, 2, 3]].min()


def test_a_score_is_the_median_over_the_partners():
    z = independent(d=2)
    noise = independent(d=2, seed=9)
    result = udr([z, z, z, noise], [None] * 4, measure="lasso")
    assert np.isnan(np.diag(result.pairs)).all()
    np.testing.assert_allclose(result.scores, np.nanmedian(result.pairs, axis=1))
    assert result.scores[0] == pytest.approx(0.9, abs=1e-3)
    assert result.scores[3] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("measure", MEASURES)
def test_codes_with_a_small_kl_and_constant_codes_are_dropped(measure):
    z = independent(d=2)
    more = np.hstack([z, independent(d=1, seed=5), np.full((1000, 1), 3.0)])
    kl = [np.ones(2), np.array([2.0, 0.01, 0.0099, 1.0])]
    result = udr([z, more], kl, measure=measure)
    assert result.active_codes == (2, 2)
    np.testing.assert_allclose(result.scores, udr([z, z], [None, None], measure=measure).scores)


def test_a_collapsed_model_scores_0():
    z = independent(d=2)
    result = udr([z, z, np.zeros((1000, 2))], [None, None, np.zeros(2)], measure="lasso")
    assert result.scores[2] == 0
    assert result.active_codes == (2, 2, 0)
