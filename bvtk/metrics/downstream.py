"""Accuracy of classifiers that predict the factors from codes, by the number of labelled images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.counting import counted
from bvtk.errors import UsageError
from bvtk.metrics.estimators.boosting import boost
from bvtk.metrics.estimators.logistic import logistic_regression
from bvtk.metrics.estimators.points import Labelled, train_and_test
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.metrics.estimators.scaling import standardised
from bvtk.protocols import Codes

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]
Classifier = Callable[[Floats, Labels, Floats, np.random.Generator], Labels]


def downstream(codes: Codes, seed: int, *, labels: Sequence[int], test_points: int, rounds: int) -> dict[str, Any]:
    """Accuracy of classifiers that predict the factors from codes, by the number of labelled images.

    Locatello et al. 2019, "Challenging Common Assumptions", Section 5.5: boosted trees and a logistic regression.

    Args:
        codes: the representation; without a test set, a third of its images are used to test on.
        seed: draws and splits the images; a smaller number of labels is a subset of a larger one.
        labels: numbers of labelled images; those above the number of images are left out.
        test_points: images to test on.
        rounds: rounds of boosting.

    Returns:
        `score`, the accuracy of boosted trees with the most labels, averaged over factors; `labels`, that number of
        labels; `boosted_trees` and `logistic_regression`, the accuracy by number of labels; `accuracy`, that of the
        score by factor; `chance`, the share of the most frequent value of each factor in the test set, averaged over
        factors; `left_out`, the factors with a single value.

    Raises:
        UsageError: if no factor varies, or if there are fewer images than the smallest number of labels.
    """
    train, test = train_and_test(codes, max(labels), test_points, seed)
    train = train.take(np.random.default_rng(seed).permutation(len(train.codes)))  # so that the first are a sample
    kept = require_varying(train.factors, 1, "downstream accuracy")
    sizes = sorted(size for size in set(labels) if size <= len(train.codes))
    if not sizes:
        raise UsageError(
            f"downstream accuracy with {counted(min(labels), 'label')} needs as many images to train on, "
            f"found {len(train.codes):,}",
            "score more images, or set fewer labels",
        )
    trees, linear = (
        {size: _accuracies(train, test, kept, size, predict, seed) for size in sizes}
        for predict in (partial(_trees, rounds=rounds), _linear)
    )
    names = [codes.factor_names[j] for j in kept]
    return {
        "score": float(np.mean(trees[sizes[-1]])),
        "labels": sizes[-1],
        "boosted_trees": {str(n): float(np.mean(accuracy)) for n, accuracy in trees.items()},
        "logistic_regression": {str(n): float(np.mean(accuracy)) for n, accuracy in linear.items()},
        "accuracy": dict(zip(names, trees[sizes[-1]], strict=True)),
        "chance": _chance(test, kept),
        "left_out": [name for name in codes.factor_names if name not in names],
    }


def _accuracies(
    train: Labelled, test: Labelled, kept: list[int], size: int, predict: Classifier, seed: int
) -> list[float]:
    """Test accuracy by factor after training on the first `size` images."""
    accuracies = []
    for j, rng in zip(kept, np.random.default_rng(seed).spawn(len(kept)), strict=True):
        predictions = predict(train.codes[:size], train.factors[:size, j], test.codes, rng)
        accuracies.append(float((predictions == test.factors[:, j]).mean()))
    return accuracies


def _trees(x: Floats, y: Labels, x_test: Floats, rng: np.random.Generator, rounds: int) -> Labels:
    return boost(x, y, x_test, rng, rounds=rounds).test_predictions


def _linear(x: Floats, y: Labels, x_test: Floats, _: np.random.Generator) -> Labels:
    if (y == y[0]).all():
        return np.full(len(x_test), y[0])
    x, x_test = standardised(x, x_test)
    predictions: Labels = logistic_regression(x, y).predict(x_test)
    return predictions


def _chance(test: Labelled, kept: list[int]) -> float:
    counts = [np.unique(test.factors[:, j], return_counts=True)[1] for j in kept]
    return float(np.mean([c.max() / c.sum() for c in counts]))
