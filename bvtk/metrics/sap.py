"""Separated attribute predictability. Shapes: n images, d codes, k factors that vary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.linear import quiet
from bvtk.metrics.estimators.sampling import Labelled, require_varying, train_and_test
from bvtk.protocols import Codes

_CONSTANT = 1e-12
"""Variance below which a code counts as constant, as in disentanglement_lib."""


def sap(codes: Codes, seed: int, *, continuous_factors: bool, train_points: int, test_points: int) -> dict[str, Any]:
    """Separated attribute predictability; `Sap` describes it and the other arguments.

    Returns:
        `score`, the mean of `gaps` (by factor); `left_out`, the factors with a single value.

    Raises:
        UsageError: if no factor varies among the images to train on.
    """
    train, test = train_and_test(codes, train_points, test_points, seed)
    kept = require_varying(train.factors, 1, "SAP")
    if train.codes.shape[1] == 1:  # a constant code is the second best
        train, test = (part._replace(codes=np.pad(part.codes, ((0, 0), (0, 1)))) for part in (train, test))
    ranked = np.sort(_correlations(train, kept) if continuous_factors else _accuracies(train, test, kept), axis=0)
    gaps = {codes.factor_names[j]: float(gap) for j, gap in zip(kept, ranked[-1] - ranked[-2], strict=True)}
    return {
        "score": float(np.mean(list(gaps.values()))),
        "gaps": gaps,
        "left_out": [name for name in codes.factor_names if name not in gaps],
    }


def _accuracies(train: Labelled, test: Labelled, kept: list[int]) -> NDArray[np.float64]:
    """Test accuracy (d, k) of a linear classifier on each code alone, for each factor."""
    from sklearn.svm import LinearSVC

    z, z_test = train.codes.astype(np.float64), test.codes.astype(np.float64)
    found = np.empty((z.shape[1], len(kept)))
    for column, j in enumerate(kept):
        for i in range(z.shape[1]):
            with quiet():
                classifier = LinearSVC(C=0.01, class_weight="balanced", dual=False)
                classifier.fit(z[:, [i]], train.factors[:, j])
            found[i, column] = (classifier.predict(z_test[:, [i]]) == test.factors[:, j]).mean()
    return found


def _correlations(train: Labelled, kept: list[int]) -> NDArray[np.float64]:
    """Squared correlation (d, k) of each code with each factor, over the images to train on."""
    z, v = train.codes.astype(np.float64), train.factors[:, kept].astype(np.float64)
    z, v = z - z.mean(axis=0), v - v.mean(axis=0)
    variances = np.mean(z**2, axis=0)[:, None] * np.mean(v**2, axis=0)
    varies = np.mean(z**2, axis=0)[:, None] > _CONSTANT
    return np.where(varies, (z.T @ v / len(z)) ** 2 / np.where(varies, variances, 1), 0.0)
