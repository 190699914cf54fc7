"""How many labels a classifier needs to read the factors from the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.metrics.estimators.boosting import boost
from bvtk.metrics.estimators.logistic import logistic_regression
from bvtk.metrics.estimators.points import Split, train_and_test
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.metrics.estimators.scaling import standardised
from bvtk.protocols import Codes

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.integer[Any]]
Classifier = Callable[[Floats, Labels, Floats, np.random.Generator], Labels]


def downstream(
    codes: Codes,
    seed: int,
    *,
    labels: Sequence[int] = (10, 100, 1_000, 10_000),
    test_points: int = 5_000,
    rounds: int = 100,
) -> dict[str, Any]:
    """Accuracy of classifiers that predict the factors from codes, by the number of labelled images.

    Locatello et al. 2019, "Challenging Common Assumptions", Section 5.5: boosted trees and a logistic regression.

    Args:
        codes: the representation; a third of it is kept apart to test on where it has no test set.
        seed: draws and splits the images; fewer labels are a part of more.
        labels: how many images are labelled; what there are too few images for is left out.
        test_points: images to test on.
        rounds: rounds of boosting.

    Returns:
        `score`, the accuracy of boosted trees with the most labels, a mean over factors, and how many `labels` these
        are; `boosted_trees` and `logistic_regression`, the same by number of labels; `accuracy`, that of the score by
        factor; `chance`, the share of the commonest value of each factor in the test set, a mean over factors;
        `left_out`, the factors with a single value.

    Raises:
        UsageError: where no factor varies, or there are fewer images than the least number of labels.
    """
    points = _shuffled(train_and_test(codes, max(labels), test_points, seed), seed)
    kept = require_varying(points.factors, codes.factor_names, 1, "downstream accuracy")
    sizes = sorted(size for size in set(labels) if size <= len(points.codes))
    if not sizes:
        raise UsageError(
            f"downstream accuracy with {min(labels)} labels needs as many images beside those to test on, "
            f"found {len(points.codes)}",
            "give more images, or fewer labels",
        )
    classifiers = (partial(_trees, rounds=rounds), _linear)
    trees, linear = ({n: _accuracies(points, kept, n, c, seed) for n in sizes} for c in classifiers)
    names = [codes.factor_names[j] for j in kept]
    return {
        "score": float(np.mean(trees[sizes[-1]])),
        "labels": sizes[-1],
        "boosted_trees": {str(n): float(np.mean(accuracy)) for n, accuracy in trees.items()},
        "logistic_regression": {str(n): float(np.mean(accuracy)) for n, accuracy in linear.items()},
        "accuracy": dict(zip(names, trees[sizes[-1]], strict=True)),
        "chance": _commonest(points, kept),
        "left_out": [name for name in codes.factor_names if name not in names],
    }


def _shuffled(points: Split, seed: int) -> Split:
    """The points to learn from in random order, so that the first are a sample of all."""
    order = np.random.default_rng(seed).permutation(len(points.codes))
    return points._replace(codes=points.codes[order], factors=points.factors[order])


def _accuracies(points: Split, kept: list[int], size: int, predict: Classifier, seed: int) -> list[float]:
    """How many test images are told right by what was learned from so many others, by factor."""
    found = []
    for j, rng in zip(kept, np.random.default_rng(seed).spawn(len(kept)), strict=True):
        predictions = predict(points.codes[:size], points.factors[:size, j], points.codes_test, rng)
        found.append(float((predictions == points.factors_test[:, j]).mean()))
    return found


def _trees(x: Floats, y: Labels, x_test: Floats, rng: np.random.Generator, rounds: int) -> Labels:
    return boost(x, y, x_test, rng, rounds=rounds).test_predictions


def _linear(x: Floats, y: Labels, x_test: Floats, _: np.random.Generator) -> Labels:
    if (y == y[0]).all():
        return np.full(len(x_test), y[0])
    x, x_test = standardised(x, x_test)
    predictions: Labels = logistic_regression(x, y).predict(x_test)
    return predictions


def _commonest(points: Split, kept: list[int]) -> float:
    counts = [np.unique(points.factors_test[:, j], return_counts=True)[1] for j in kept]
    return float(np.mean([c.max() / c.sum() for c in counts]))
