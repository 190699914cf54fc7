"""Disentanglement, completeness and informativeness. Shapes: n images, d codes, k factors that vary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.boosting import boost
from bvtk.metrics.estimators.sampling import require_varying, train_and_test
from bvtk.protocols import Codes


def dci(codes: Codes, seed: int, *, train_points: int, test_points: int, rounds: int) -> dict[str, Any]:
    """Disentanglement, completeness and informativeness; `Dci` describes them and the other arguments.

    The importance of a code is that in boosted trees that predict a factor from all codes.

    Returns:
        `score` and `disentanglement`, `completeness`; `informativeness`, the test accuracy averaged over factors,
        `informativeness_train`, and `accuracy` (by factor); `left_out`, the factors with a single value.

    Raises:
        UsageError: if fewer than two factors vary among the images to train on.
    """
    train, test = train_and_test(codes, train_points, test_points, seed)
    kept = require_varying(train.factors, 2, "DCI")
    importances, train_accuracy, accuracy = [], [], {}
    for j, rng in zip(kept, np.random.default_rng(seed).spawn(len(kept)), strict=True):
        found = boost(train.codes, train.factors[:, j], test.codes, rng, rounds=rounds)
        importances.append(found.importances)
        train_accuracy.append((found.train_predictions == train.factors[:, j]).mean())
        accuracy[codes.factor_names[j]] = float((found.test_predictions == test.factors[:, j]).mean())
    matrix = np.stack(importances, axis=1)
    disentangled = disentanglement(matrix)
    return {
        "score": disentangled,
        "disentanglement": disentangled,
        "completeness": disentanglement(matrix.T),
        "informativeness": float(np.mean(list(accuracy.values()))),
        "informativeness_train": float(np.mean(train_accuracy)),
        "accuracy": accuracy,
        "left_out": [name for name in codes.factor_names if name not in accuracy],
    }


def disentanglement(importances: NDArray[np.float64]) -> float:
    """How concentrated each row of a matrix is in one column: 1 − entropy of its shares, to the base of the columns.

    Eastwood & Williams 2018, Section 2. Rows are weighted by their share of the total. The completeness of a matrix is
    the disentanglement of its transpose. It is between 0 and 1; 1 if there is only one column.

    Importances (d, k) of each code for each factor are at least 0. If all are 0, they count as equal.
    """
    matrix = importances if importances.any() else np.ones_like(importances)
    columns = matrix.shape[1]
    if columns == 1:
        return 1.0
    raised = matrix + 1e-11  # as published: a row of zeros counts as uniform
    shares = raised / raised.sum(axis=1, keepdims=True)
    concentration = 1 + (shares * np.log(shares)).sum(axis=1) / np.log(columns)
    return float((concentration * matrix.sum(axis=1)).sum() / matrix.sum())
