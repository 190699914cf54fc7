from __future__ import annotations

import warnings

import numpy as np
import pytest

from bvtk.metrics.estimators import linear
from bvtk.metrics.estimators.linear import logistic_regression, softmax_classifiers, standardised
from bvtk.metrics.infomec_spec import InfoMec
from bvtk.metrics.modularity_explicitness_spec import ModularityExplicitness
from bvtk.metrics.sap_spec import Sap
from bvtk.metrics.scoring.compute import score
from tests.metrics.representations import labelled


def test_without_penalty_it_learns_the_frequencies():
    x = np.repeat([[0.0], [1.0]], 100, axis=0)
    y = np.concatenate([np.arange(100) < 30, np.arange(100) < 80]).astype(int)
    model = logistic_regression(x, y, C=np.inf)
    np.testing.assert_allclose(model.predict_proba([[0.0], [1.0]])[:, 1], [0.3, 0.8], atol=1e-3)


def test_separable_classes_do_not_warn():
    x = np.arange(40.0)[:, None]
    model = logistic_regression(x, np.arange(40) // 4, C=np.inf)
    assert model.score(x, np.arange(40) // 4) > 0.9


@pytest.mark.parametrize("metric", [Sap(), ModularityExplicitness(), InfoMec()], ids=lambda metric: metric.component)
def test_a_factor_with_nearly_one_value_per_image_does_not_warn(metric):
    rng = np.random.default_rng(0)
    factors = np.stack([np.arange(60) // 1.5, rng.integers(3, size=60)], axis=1).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        score(labelled(rng.normal(size=(60, 2)), factors), [metric], 0)


def test_all_sets_are_scaled_by_the_first():
    first, second = standardised(np.array([[0.0, 5.0], [2.0, 5.0]]), np.array([[4.0, 7.0]], np.float32))
    assert first.tolist() == [[-1.0, 0.0], [1.0, 0.0]]  # the constant code becomes 0 in both sets
    assert second.tolist() == [[3.0, 0.0]]


def test_learns_separable_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=600)
    x = np.eye(3)[y] + 0.1 * rng.normal(size=(600, 3))
    (predicted,) = softmax_classifiers(x, y, [x], classes=3, count=2, rng=rng)
    assert predicted.shape == (2, 600)
    assert ((predicted == y).mean(axis=1) > 0.99).all()


def test_one_step_by_hand(monkeypatch):
    # The gradient of the true class is negative, that of the other positive. The first step of Adagrad is ± the rate.
    monkeypatch.setattr(linear, "STEPS", 1)
    x, y = np.array([[3.0]]), np.array([1])
    weights = []
    real = linear._gradient
    monkeypatch.setattr(linear, "_gradient", lambda w, *rest: weights.append(w) or real(w, *rest))
    softmax_classifiers(x, y, [], classes=2, count=1, rng=np.random.default_rng(0))
    start = np.random.default_rng(0).uniform(-1, 1, size=(1, 2, 2))
    np.testing.assert_allclose(weights[0] - start, [[[-0.01, 0.01], [-0.01, 0.01]]])


def test_gradient_is_that_of_the_loss():
    rng = np.random.default_rng(1)
    weights, x, y = rng.normal(size=(1, 3, 4)), rng.normal(size=(1, 5, 3)), np.eye(4)[rng.integers(4, size=(1, 5))]

    def loss(w):
        logits = x @ w
        return float((np.log(np.exp(logits).sum(-1)) - (logits * y).sum(-1)).mean())

    bump = np.zeros_like(weights)
    bump[0, 1, 2] = 1e-6
    numeric = (loss(weights + bump) - loss(weights - bump)) / 2e-6
    assert linear._gradient(weights, x, y)[0, 1, 2] == pytest.approx(numeric, abs=1e-7)
