import warnings

import numpy as np
import pytest

from bvtk.metrics.estimators.linear import logistic_regression, standardised
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
