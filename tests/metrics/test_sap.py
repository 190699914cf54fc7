import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.sap_spec import Sap
from bvtk.protocols import Codes
from tests.metrics.reference import NAMES, case
from tests.metrics.representations import labelled, perfect, scorer

sap = scorer(Sap)


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_the_reference(name):
    assert sap(case(name).codes, 0)["score"] == pytest.approx(case(name).expected["sap"], abs=0.01)


def test_gap_by_hand():
    """Code 0 always predicts the value, code 1 in three of four images: 1 − 3/4."""
    factor = np.tile([0, 1], 200)
    second = np.where(np.arange(400) % 8 < 2, 1 - factor, factor)
    codes = np.stack([factor * 20.0 - 10, second * 20.0 - 10], axis=1)
    two = np.stack([factor, np.zeros(400, int)], axis=1)
    result = sap(Codes(codes, two, ("a", "still"), codes, two), 0)
    assert result["gaps"] == {"a": pytest.approx(0.25)}
    assert result["left_out"] == ["still"]


def test_continuous_factors_are_correlated():
    """Compares with the squared correlations of NumPy."""
    factors = np.arange(100)[:, None] % 10
    rng = np.random.default_rng(0)
    codes = factors + rng.normal(size=(100, 3)) * [0.5, 2.0, 8.0]
    squared = sorted(np.corrcoef(codes[:, i], factors[:, 0])[0, 1] ** 2 for i in range(3))
    result = sap(Codes(codes, factors, ("a",), codes, factors), 0, continuous_factors=True)
    assert result["score"] == pytest.approx(squared[-1] - squared[-2], abs=1e-9)


def test_a_constant_code_correlates_with_nothing():
    codes = perfect(n=300)
    dead = labelled(np.insert(codes.codes, 0, 3.0, axis=1), codes.factors)
    assert sap(dead, 0, continuous_factors=True)["score"] == pytest.approx(
        sap(codes, 0, continuous_factors=True)["score"], abs=0.02
    )


def test_a_single_code_is_compared_with_a_constant_one():
    factors = np.tile([0, 1], 100)[:, None]
    assert sap(labelled(factors * 20.0 - 10, factors), 0)["score"] == pytest.approx(0.5, abs=0.1)


def test_no_factor_that_varies_is_an_error():
    with pytest.raises(UsageError, match="found 0 of 1"):
        sap(labelled(np.ones((20, 2)), np.zeros((20, 1), int)), 0)
