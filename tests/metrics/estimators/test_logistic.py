import numpy as np

from bvtk.metrics.estimators.logistic import logistic_regression


def test_without_penalty_it_learns_the_frequencies():
    x = np.repeat([[0.0], [1.0]], 100, axis=0)
    y = np.concatenate([np.arange(100) < 30, np.arange(100) < 80]).astype(int)
    model = logistic_regression(x, y, C=np.inf)
    np.testing.assert_allclose(model.predict_proba([[0.0], [1.0]])[:, 1], [0.3, 0.8], atol=1e-3)


def test_separable_classes_do_not_warn():
    x = np.arange(40.0)[:, None]
    model = logistic_regression(x, np.arange(40) // 4, C=np.inf)
    assert model.score(x, np.arange(40) // 4) > 0.9
