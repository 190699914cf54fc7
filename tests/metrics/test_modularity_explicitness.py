import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from bvtk.errors import UsageError
from bvtk.metrics.modularity_explicitness import modularities, roc_areas
from bvtk.metrics.modularity_explicitness_spec import ModularityExplicitness
from bvtk.protocols import Codes
from tests.metrics.reference import NAMES, case
from tests.metrics.representations import labelled, perfect, scorer

modularity_explicitness = scorer(ModularityExplicitness)


@pytest.mark.parametrize("name", NAMES)
def test_agrees_with_the_reference(name):
    result, expected = modularity_explicitness(case(name).codes, seed=0), case(name).expected
    assert result["score"] == result["modularity"] == pytest.approx(expected["modularity"], abs=1e-6)
    assert result["explicitness"] == pytest.approx(expected["explicitness"], abs=0.002)
    assert result["explicitness_train"] == pytest.approx(expected["explicitness_train"], abs=0.002)


def test_modularity_by_hand():
    information = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(modularities(information), [1.0, 0.0, 1 - 1 / (4 * 2), 0.0])


def test_areas_by_hand():
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.4, 0.6], [0.2, 0.8]])
    labels = np.array([0, 0, 1, 1])
    # Of the four pairs of a 0 and a 1, three are in the correct order and one is tied.
    np.testing.assert_allclose(roc_areas(scores, labels, np.array([0, 1])), [3.5 / 4, 3.5 / 4])


def test_areas_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    labels = rng.integers(5, size=200)
    scores = rng.dirichlet(np.ones(5), size=200).round(2)
    expected = roc_auc_score(labels[:, None] == np.arange(5), scores, average=None)
    np.testing.assert_allclose(roc_areas(scores, labels, np.arange(5)), expected)


def test_a_value_that_no_image_or_every_image_has_is_skipped():
    assert roc_areas(np.ones((3, 2)), np.zeros(3, int), np.array([0, 1])).tolist() == []
    assert roc_areas(np.ones((3, 3)), np.array([0, 0, 2]), np.array([0, 1, 2])).tolist() == [0.5, 0.5]


def test_codes_that_are_all_constant_know_nothing():
    result = modularity_explicitness(labelled(np.full((300, 4), 0.5), perfect(n=300).factors), 0)
    assert result["modularity"] == 0
    assert result["explicitness"] == pytest.approx(0.5)


def test_a_constant_factor_is_left_out_and_listed():
    codes = perfect(n=300)
    with_constant = labelled(codes.codes, np.insert(codes.factors, 1, 3, axis=1))
    result = modularity_explicitness(with_constant, 0)
    assert result.pop("left_out") == ["factor_1"]
    usual = modularity_explicitness(codes, 0)
    assert result == {key: pytest.approx(usual[key]) for key in result}


def test_images_to_test_on_are_drawn_by_the_seed():
    codes = case("noise_mini").codes
    alone = labelled(codes.codes, codes.factors)
    first, again, other = (modularity_explicitness(alone, seed) for seed in (1, 1, 2))
    assert first == again
    assert first["explicitness"] != other["explicitness"]
    assert first["modularity"] == other["modularity"]  # of all images


def test_factors_with_many_values_can_be_binned():
    rng = np.random.default_rng(0)
    factors = np.stack([rng.permutation(600), rng.integers(3, size=600)], axis=1)
    codes = Codes(factors / 600, factors, ("length", "kind"), factors[:90] / 600, factors[:90])
    result = modularity_explicitness(codes, 0, factor_bins=5)
    assert result["modularity"] > 0.9
    assert result["explicitness"] > 0.95


def test_too_few_factors_or_values_are_an_error():
    one = labelled(np.random.default_rng(0).normal(size=(9, 2)), np.stack([np.arange(9) % 2, np.ones(9, int)], axis=1))
    with pytest.raises(UsageError, match="at least 2 factors with more than one value, found 1 of 2"):
        modularity_explicitness(one, 0)
    codes = perfect(n=60)
    alike = Codes(codes.codes, codes.factors, codes.factor_names, codes.codes[:1].repeat(2, 0), codes.factors[[0, 0]])
    with pytest.raises(UsageError, match="images to test on that differ"):
        modularity_explicitness(alike, 0)
