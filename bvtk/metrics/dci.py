"""Disentanglement, completeness and informativeness. Shapes: n images, d codes, k factors that vary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.boosting import boost
from bvtk.metrics.estimators.points import Labelled, train_and_test
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]


def dci(codes: Codes, seed: int, *, train_points: int, test_points: int, rounds: int) -> dict[str, Any]:
    """Whether each code matters for one factor, each factor needs one code, and codes predict the factors.

    Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled Representations", Section 2.
    The importance of a code is that in boosted trees that predict a factor from all codes.

    Args:
        codes: the representation; without a test set, a third of its images are used to test on.
        seed: draws and splits the images, and chooses between codes that split equally well.
        train_points: images to train the trees on.
        test_points: images to test them on.
        rounds: rounds of boosting per factor.

    Returns:
        `score` and `disentanglement`, `completeness`; `informativeness`, the test accuracy averaged over factors,
        `informativeness_train`, and `accuracy` (by factor); `left_out`, the factors with a single value.

    Raises:
        UsageError: if fewer than two factors vary among the images to train on.
    """
    train, test = train_and_test(codes, train_points, test_points, seed)
    kept = require_varying(train.factors, 2, "DCI")
    importances, train_accuracy, accuracy = _trees(train, test, kept, rounds, seed)
    disentangled = disentanglement(importances)
    return {
        "score": disentangled,
        "disentanglement": disentangled,
        "completeness": disentanglement(importances.T),
        "informativeness": float(np.mean(accuracy)),
        "informativeness_train": float(np.mean(train_accuracy)),
        "accuracy": {codes.factor_names[j]: share for j, share in zip(kept, accuracy, strict=True)},
        "left_out": [name for j, name in enumerate(codes.factor_names) if j not in kept],
    }


def disentanglement(importances: Array) -> float:
    """How concentrated each row of a matrix is in one column: 1 − entropy of its shares, to the base of the columns.

    Eastwood & Williams 2018, Section 2. Rows are weighted by their share of the total. The completeness of a matrix is
    the disentanglement of its transpose.

    Args:
        importances: (d, k) of each code for each factor, at least 0. If all are 0, they count as equal.

    Returns:
        Between 0 and 1; 1 if there is only one column.
    """
    matrix = importances if importances.any() else np.ones_like(importances)
    columns = matrix.shape[1]
    if columns == 1:
        return 1.0
    raised = matrix + 1e-11  # as published: a row of zeros counts as uniform
    shares = raised / raised.sum(axis=1, keepdims=True)
    concentration = 1 + (shares * np.log(shares)).sum(axis=1) / np.log(columns)
    return float((concentration * matrix.sum(axis=1)).sum() / matrix.sum())


def _trees(
    train: Labelled, test: Labelled, kept: list[int], rounds: int, seed: int
) -> tuple[Array, list[float], list[float]]:
    """Importances (d, k), and by factor the accuracy on the images to train and to test on."""
    importances, train_accuracy, accuracy = [], [], []
    for j, rng in zip(kept, np.random.default_rng(seed).spawn(len(kept)), strict=True):
        y, y_test = train.factors[:, j], test.factors[:, j]
        found = boost(train.codes, y, test.codes, rng, rounds=rounds)
        importances.append(found.importances)
        train_accuracy.append(float((found.train_predictions == y).mean()))
        accuracy.append(float((found.test_predictions == y_test).mean()))
    return np.stack(importances, axis=1), train_accuracy, accuracy
