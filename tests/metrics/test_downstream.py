import numpy as np
import pytest

from bvtk.errors import UsageError
from bvtk.metrics.downstream_spec import Downstream
from tests.metrics.representations import labelled, perfect, scorer, uninformative

downstream = scorer(Downstream)


def test_accuracy_grows_with_labels_and_large_sizes_are_left_out():
    result = downstream(perfect(n=900), 0, labels=(10, 500, 10_000), rounds=5)
    assert list(result["boosted_trees"]) == list(result["logistic_regression"]) == ["10", "500"]
    assert result["boosted_trees"]["10"] < 0.6 < result["boosted_trees"]["500"] == result["score"]
    assert result["labels"] == 500
    assert np.mean(list(result["accuracy"].values())) == pytest.approx(result["score"])


def test_noise_scores_at_chance():
    result = downstream(uninformative(n=1500), 0, labels=(500,), rounds=5)
    assert result["score"] == pytest.approx(result["chance"], abs=0.05)
    assert result["logistic_regression"]["500"] == pytest.approx(result["chance"], abs=0.05)


def test_a_linear_classifier_does_not_learn_parity():
    """Both classifiers separate two values of one code; a linear one gets at most three in four of a parity right."""
    rng = np.random.default_rng(0)
    bits = rng.integers(2, size=(900, 2))
    factors = np.stack([bits[:, 0], bits[:, 0] ^ bits[:, 1]], axis=1)
    result = downstream(labelled(bits + 0.01 * rng.normal(size=(900, 2)), factors, ("bit", "parity")), 0, labels=(400,))
    assert result["accuracy"] == {"bit": 1.0, "parity": 1.0}
    assert result["logistic_regression"]["400"] < 0.9


def test_the_seed_determines_the_score():
    first, again, other = (downstream(perfect(), seed, labels=(20,), rounds=3)["score"] for seed in (1, 1, 2))
    assert first == again != other


def test_constant_factors_and_too_few_images_are_an_error():
    with pytest.raises(UsageError, match="found 0 of 1"):
        downstream(labelled(np.ones((20, 2)), np.zeros((20, 1), int)), 0)
    with pytest.raises(UsageError, match="with 100 labels needs as many images to train on, found 40"):
        downstream(perfect(n=60), 0, labels=(100,))
