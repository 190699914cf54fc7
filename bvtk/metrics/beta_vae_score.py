"""The β-VAE score, with the protocol of the paper and that of disentanglement_lib.

Shapes: n images, d codes, k factors, P points, L pairs per point, K factors that can be shared, S classifiers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.linear import linear_predictions, softmax_classifiers
from bvtk.metrics.estimators.sampling import CACHED, Labelled, SharedValue, require_varying, separate_test_set
from bvtk.protocols import Codes


def beta_vae_score(
    codes: Codes, seed: int, *, protocol: str, pairs: int, train_points: int, test_points: int, classifiers: int
) -> dict[str, Any]:
    """The β-VAE score; `BetaVaeScore` describes it and the other arguments.

    Test points are drawn from the test set if there is one.

    Returns:
        `score`, the mean of `scores` (one per classifier), `train_accuracy`, `chance` (1/K), `protocol`, and
        `factors`, the names of the K factors.

    Raises:
        UsageError: if fewer than two factors vary, or no two images share a value.
    """
    shared = require_varying(codes.factors, 2, "the β-VAE score")
    if protocol == "paper":
        without_categories = [j for j in shared if codes.factor_roles.get(codes.factor_names[j]) != "category"]
        shared = without_categories if len(without_categories) > 1 else shared
    train_rng, test_rng, classifier_rng = np.random.default_rng(seed).spawn(3)
    names = {j: codes.factor_names[j] for j in shared}
    train = Labelled(codes.codes, codes.factors)
    x, y = sample_points(train, names, train_points, pairs, train_rng)
    x_test, y_test = sample_points(separate_test_set(codes) or train, names, test_points, pairs, test_rng)
    if protocol == "paper":
        predictions = softmax_classifiers(x, y, (x, x_test), len(shared), classifiers, classifier_rng)
    else:
        predictions = linear_predictions(x, y, (x, x_test), max_iter=1_000)
    train_scores, scores = (
        np.atleast_1d((p == true).mean(-1)) for p, true in zip(predictions, (y, y_test), strict=True)
    )
    return {
        "score": float(scores.mean()),
        "train_accuracy": float(train_scores.mean()),
        "chance": 1 / len(shared),
        "protocol": protocol,
        "scores": scores.tolist(),
        "factors": list(names.values()),
    }


def sample_points(
    images: Labelled, shared: dict[int, str], points: int, pairs: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Draws points for the classifier: for each a factor, L pairs that share its value, and the mean of |z1 − z2|.

    `shared` has the columns of the K factors that can be shared, and their names for errors.

    Returns:
        Features (P, d), and for each point the position of its factor in `shared` (P,).
    """
    codes, factors = images
    labels = rng.integers(len(shared), size=points)
    features = np.empty((points, codes.shape[1]))
    for label, (column, name) in enumerate(shared.items()):
        groups = SharedValue(factors[:, column], name)
        rows = np.flatnonzero(labels == label)
        for part in np.array_split(rows, max(1, rows.size * pairs * codes.shape[1] // CACHED)):
            first, second = groups.pairs(part.size * pairs, rng)
            distance = np.abs(codes[first] - codes[second])
            features[part] = distance.reshape(part.size, pairs, -1).mean(axis=1, dtype=np.float64)
    return features, labels
