"""Disentanglement, completeness and informativeness. Shapes: n images, d codes, k factors that vary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.boosting import boost
from bvtk.metrics.estimators.points import Split, train_and_test
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]


def dci(
    codes: Codes, seed: int, *, train_points: int = 10_000, test_points: int = 5_000, rounds: int = 100
) -> dict[str, Any]:
    """Whether each code matters for one factor, each factor needs one code, and the codes tell the factors at all.

    Eastwood & Williams 2018, "A Framework for the Quantitative Evaluation of Disentangled Representations", Section 2.
    What a code matters for is its importance to boosted trees that predict a factor from all codes.

    Args:
        codes: the representation; a third of it is kept apart to test on where it has no test set.
        seed: draws and splits the images, and decides between codes that serve a tree equally well.
        train_points: images that the trees learn from.
        test_points: images that they are tested on.
        rounds: rounds of boosting a factor.

    Returns:
        `score` and `disentanglement`, `completeness`; `informativeness`, the share of test images whose factor is told
        right, a mean over factors, `informativeness_train`, and `accuracy` (by factor); `left_out`, the factors with a
        single value.

    Raises:
        UsageError: where fewer than two factors vary among the images to learn from.
    """
    points = train_and_test(codes, train_points, test_points, seed)
    kept = require_varying(points.factors, codes.factor_names, 2, "DCI")
    importances, train, test = _told(points, kept, rounds, seed)
    disentangled = disentanglement(importances)
    return {
        "score": disentangled,
        "disentanglement": disentangled,
        "completeness": disentanglement(importances.T),
        "informativeness": float(np.mean(test)),
        "informativeness_train": float(np.mean(train)),
        "accuracy": {codes.factor_names[j]: accuracy for j, accuracy in zip(kept, test, strict=True)},
        "left_out": [name for j, name in enumerate(codes.factor_names) if j not in kept],
    }


def disentanglement(importances: Array) -> float:
    """How far each row of a matrix lies in one column: 1 − entropy of its shares in base of the columns.

    Eastwood & Williams 2018, Section 2. Rows are weighted by their share of the whole. The completeness of a matrix is
    the disentanglement of its transpose.

    Args:
        importances: (d, k) of each code for each factor, at least 0; taken for even where all are 0.

    Returns:
        Between 0 and 1; 1 where there is one column alone.
    """
    matrix = importances if importances.any() else np.ones_like(importances)
    columns = matrix.shape[1]
    if columns == 1:
        return 1.0
    raised = matrix + 1e-11  # as published: a row of zeros is even
    shares = raised / raised.sum(axis=1, keepdims=True)
    in_one = 1 + (shares * np.log(shares)).sum(axis=1) / np.log(columns)
    return float((in_one * matrix.sum(axis=1)).sum() / matrix.sum())


def _told(points: Split, kept: list[int], rounds: int, seed: int) -> tuple[Array, list[float], list[float]]:
    """Importances (d, k), and how many images of both sets are told right, by factor."""
    importances, train, test = [], [], []
    for j, rng in zip(kept, np.random.default_rng(seed).spawn(len(kept)), strict=True):
        y, y_test = points.factors[:, j], points.factors_test[:, j]
        found = boost(points.codes, y, points.codes_test, rng, rounds=rounds)
        importances.append(found.importances)
        train.append(float((found.train_predictions == y).mean()))
        test.append(float((found.test_predictions == y_test).mean()))
    return np.stack(importances, axis=1), train, test
