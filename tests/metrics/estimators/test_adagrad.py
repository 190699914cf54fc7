import numpy as np
import pytest

from bvtk.metrics.estimators import adagrad
from bvtk.metrics.estimators.adagrad import softmax_classifiers


def test_learns_separable_classes():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=600)
    x = np.eye(3)[y] + 0.1 * rng.normal(size=(600, 3))
    (predicted,) = softmax_classifiers(x, y, [x], classes=3, count=2, rng=rng)
    assert predicted.shape == (2, 600)
    assert ((predicted == y).mean(axis=1) > 0.99).all()


def test_one_step_by_hand(monkeypatch):
    # The gradient of the true class is negative, that of the other positive. The first step of Adagrad is ± the rate.
    monkeypatch.setattr(adagrad, "STEPS", 1)
    x, y = np.array([[3.0]]), np.array([1])
    weights = []
    real = adagrad._gradient
    monkeypatch.setattr(adagrad, "_gradient", lambda w, *rest: weights.append(w) or real(w, *rest))
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
    assert adagrad._gradient(weights, x, y)[0, 1, 2] == pytest.approx(numeric, abs=1e-7)
