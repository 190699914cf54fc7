import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.dci import disentanglement
from bvtk.metrics.dci_spec import Dci
from bvtk.protocols import Codes
from tests.metrics.reference import SAMPLED, case
from tests.metrics.representations import labelled, perfect, scorer

dci = scorer(Dci)

PARTS = {
    "disentanglement": "disentanglement",
    "completeness": "completeness",
    "informativeness": "informativeness_test",
    "informativeness_train": "informativeness_train",
}


@pytest.mark.parametrize("name", ["noise_mini", *(pytest.param(name, marks=pytest.mark.soak) for name in SAMPLED)])
def test_agrees_with_scikit_learns_trees_in_the_reference(name):
    codes, expected = case(name).codes, case(name).expected["dci_first_1000_train_500_test"]
    first = Codes(
        codes.codes[:1000],
        codes.factors[:1000],
        codes.factor_names,
        codes.codes_test[:500],
        codes.factors_test[:500],
    )
    found = dci(first, 0)
    for ours, theirs in PARTS.items():
        assert found[ours] == pytest.approx(expected[theirs], abs=0.02), ours


def test_disentanglement_by_hand():
    """Row 0 is in one of two columns, row 1 is uniform: weights 1/4 and 3/4 of 1 and 0."""
    assert disentanglement(np.array([[1.0, 0.0], [1.5, 1.5]])) == pytest.approx(0.25)
    assert disentanglement(np.eye(4)) == pytest.approx(1.0)
    assert disentanglement(np.ones((5, 3))) == pytest.approx(0.0, abs=1e-9)
    assert disentanglement(np.zeros((2, 3))) == pytest.approx(0.0, abs=1e-9)
    assert disentanglement(np.ones((4, 1))) == 1.0


def test_completeness_by_hand():
    """Each factor is in two codes: every code is about one factor, but no factor is in one code."""
    matrix = np.kron(np.eye(2), np.ones((2, 1)))
    assert disentanglement(matrix) == pytest.approx(1.0)
    assert disentanglement(matrix.T) == pytest.approx(1 - np.log(2) / np.log(4))


def test_a_constant_factor_is_left_out_and_the_seed_determines_the_score():
    codes = perfect(n=300, sizes=(3, 3))
    wider = labelled(codes.codes, np.insert(codes.factors, 1, 4, axis=1), ("a", "still", "b"))
    found = dci(wider, 1, rounds=3)
    assert found["left_out"] == ["still"]
    assert list(found["accuracy"]) == ["a", "b"]
    assert found == dci(wider, 1, rounds=3)


def test_one_varying_factor_is_an_error():
    with pytest.raises(UsageError, match="at least 2 factors with more than one value, found 1 of 1"):
        dci(labelled(np.arange(40.0)[:, None], np.arange(40)[:, None] % 2), 0)
