"""Separated attribute predictability. Shapes: n images, d codes, k factors that vary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.fitting import quiet
from bvtk.metrics.estimators.points import Labelled, train_and_test
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

_CONSTANT = 1e-12
"""Variance below which a code counts as constant, as in disentanglement_lib."""


def sap(codes: Codes, seed: int, *, continuous_factors: bool, train_points: int, test_points: int) -> dict[str, Any]:
    """How much better the best single code predicts a factor than the second best.

    Kumar et al. 2018, "Variational Inference of Disentangled Latent Concepts from Unlabeled Observations", Section 3.

    Args:
        codes: the representation; without a test set, a third of its images are used to test on.
        seed: draws and splits the images.
        continuous_factors: whether factors are continuous.
        train_points: images to train on.
        test_points: images to test on.

    Returns:
        `score`, the mean of `gaps` (by factor); `left_out`, the factors with a single value.

    Raises:
        UsageError: if no factor varies among the images to train on.
    """
    train, test = train_and_test(codes, train_points, test_points, seed)
    kept = require_varying(train.factors, 1, "SAP")
    train, test = _with_second_code(train), _with_second_code(test)
    ranked = np.sort(_correlations(train, kept) if continuous_factors else _accuracies(train, test, kept), axis=0)
    gaps = {codes.factor_names[j]: float(gap) for j, gap in zip(kept, ranked[-1] - ranked[-2], strict=True)}
    return {
        "score": float(np.mean(list(gaps.values()))),
        "gaps": gaps,
        "left_out": [name for name in codes.factor_names if name not in gaps],
    }


def _with_second_code(images: Labelled) -> Labelled:
    """The same images. If there is a single code, a constant one is added, so that there is a second best."""
    z = images.codes
    return images if z.shape[1] > 1 else images._replace(codes=np.column_stack([z, np.zeros(len(z), z.dtype)]))


def _accuracies(train: Labelled, test: Labelled, kept: list[int]) -> Array:
    """Test accuracy (d, k) of a linear classifier on each code alone, for each factor."""
    z, z_test = train.codes.astype(np.float64), test.codes.astype(np.float64)
    found = np.empty((z.shape[1], len(kept)))
    for column, j in enumerate(kept):
        for i in range(z.shape[1]):
            classifier = _support_vectors(z[:, [i]], train.factors[:, j])
            found[i, column] = (classifier.predict(z_test[:, [i]]) == test.factors[:, j]).mean()
    return found


def _support_vectors(x: Array, y: Labels) -> Any:
    from sklearn.svm import LinearSVC

    with quiet():
        return LinearSVC(C=0.01, class_weight="balanced", dual=False).fit(x, y)


def _correlations(train: Labelled, kept: list[int]) -> Array:
    """Squared correlation (d, k) of each code with each factor, over the images to train on."""
    z, v = train.codes.astype(np.float64), train.factors[:, kept].astype(np.float64)
    z, v = z - z.mean(axis=0), v - v.mean(axis=0)
    variances = np.mean(z**2, axis=0)[:, None] * np.mean(v**2, axis=0)
    varies = np.mean(z**2, axis=0)[:, None] > _CONSTANT
    return np.where(varies, (z.T @ v / len(z)) ** 2 / np.where(varies, variances, 1), 0.0)
