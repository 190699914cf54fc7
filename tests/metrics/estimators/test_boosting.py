import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from bvtk.metrics.estimators.boosting import boost
from tests.metrics.reference import case


@pytest.mark.parametrize(("name", "factor"), [("mixed_dsprites", 0), ("aligned_dsprites", 1), ("dead_dsprites", 1)])
def test_agrees_with_scikit_learn(name, factor):
    codes = case(name).codes
    x, y, x_test = codes.codes[:500], codes.factors[:500, factor], codes.codes_test[:300]
    found = boost(x, y, x_test, np.random.default_rng(0), rounds=20)
    theirs = GradientBoostingClassifier(n_estimators=20, random_state=0).fit(x, y)
    assert found.importances == pytest.approx(theirs.feature_importances_, abs=0.01)
    assert (found.test_predictions == theirs.predict(x_test)).mean() > 0.98
    assert (found.train_predictions == theirs.predict(x)).mean() > 0.97


def test_two_classes_have_one_logit():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    y = (x[:, 1] + 0.5 * rng.normal(size=400) > 0).astype(int)
    found = boost(x[:300], y[:300], x[300:], rng, rounds=30)
    theirs = GradientBoostingClassifier(n_estimators=30, random_state=0).fit(x[:300], y[:300])
    assert found.importances == pytest.approx(theirs.feature_importances_, abs=0.01)
    assert (found.test_predictions == theirs.predict(x[300:])).mean() > 0.97


def test_one_leaf_is_one_newton_step_by_hand():
    """Labels 0, 0, 0, 1 at x = 0, 1, 2, 3: the first stump separates the last, whose residual is 1 − 1/4."""
    x, y = np.arange(4.0)[:, None], np.array([0, 0, 0, 1])
    found = boost(x, y, np.array([[2.4], [2.6]]), np.random.default_rng(0), rounds=1, depth=1, rate=1.0)
    # log-odds start at log(1/3); the right leaf adds (3/4) / (3/16) = 4, the left (−3/4) / (9/16) = −4/3.
    assert found.test_predictions.tolist() == [0, 1]
    assert found.importances.tolist() == [1.0]


def test_constant_features_and_single_classes():
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(50), rng.normal(size=50)])
    found = boost(x, (x[:, 1] > 0).astype(int), x, rng, rounds=5)
    assert found.importances.tolist() == [0.0, 1.0]
    alone = boost(x, np.full(50, 7), x[:3], rng, rounds=5)
    assert alone.test_predictions.tolist() == [7, 7, 7]
    assert not alone.importances.any()
    nothing = boost(np.ones((50, 2)), np.arange(50) % 2, np.ones((2, 2)), rng, rounds=2)
    assert not nothing.importances.any()
