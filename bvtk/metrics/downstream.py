"""Accuracy of classifiers that predict the factors from codes, by the number of labelled images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bvtk.errors import UsageError
from bvtk.metrics.estimators.boosting import boost
from bvtk.metrics.estimators.linear import linear_predictions, standardised
from bvtk.metrics.estimators.sampling import require_varying, train_and_test
from bvtk.protocols import Codes
from bvtk.quantities import counted


def downstream(codes: Codes, seed: int, *, labels: Sequence[int], test_points: int, rounds: int) -> dict[str, Any]:
    """Downstream accuracy; `Downstream` describes it and the other arguments.

    The images of a smaller number of labels are a subset of those of a larger one.

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
    trees: dict[int, list[float]] = {size: [] for size in sizes}
    linear: dict[int, list[float]] = {size: [] for size in sizes}
    for size in sizes:
        for j, rng in zip(kept, np.random.default_rng(seed).spawn(len(kept)), strict=True):
            x, y, y_test = train.codes[:size], train.factors[:size, j], test.factors[:, j]
            predictions = boost(x, y, test.codes, rng, rounds=rounds).test_predictions
            trees[size].append(float((predictions == y_test).mean()))
            z, z_test = standardised(x, test.codes)
            predictions = linear_predictions(z, y, [z_test])[0]
            linear[size].append(float((predictions == y_test).mean()))
    frequencies = [np.unique(values, return_counts=True)[1] / len(values) for values in test.factors[:, kept].T]
    names = [codes.factor_names[j] for j in kept]
    return {
        "score": float(np.mean(trees[sizes[-1]])),
        "labels": sizes[-1],
        "boosted_trees": {str(n): float(np.mean(accuracy)) for n, accuracy in trees.items()},
        "logistic_regression": {str(n): float(np.mean(accuracy)) for n, accuracy in linear.items()},
        "accuracy": dict(zip(names, trees[sizes[-1]], strict=True)),
        "chance": float(np.mean([shares.max() for shares in frequencies])),
        "left_out": [name for name in codes.factor_names if name not in names],
    }
