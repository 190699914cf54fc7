"""The β-VAE score, with the protocol of the paper and that of disentanglement_lib.

Shapes: n images, d codes, k factors, P points, L pairs per point, K factors that can be shared, S classifiers.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.adagrad import softmax_classifiers
from bvtk.metrics.estimators.fitting import quiet
from bvtk.metrics.estimators.points import separate_test_set
from bvtk.metrics.estimators.sampling import SharedValue, require_varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

_CHUNK = 1_000_000
"""Numbers per lookup: few enough that the codes of the pairs stay in the cache of the processor."""


def beta_vae_score(
    codes: Codes,
    seed: int,
    *,
    protocol: Literal["paper", "dlib"],
    pairs: int,
    train_points: int,
    test_points: int,
    classifiers: int,
) -> dict[str, Any]:
    """Accuracy of a linear classifier that predicts which factor pairs of images share.

    Higgins et al. 2017, "beta-VAE", Section 3.

    Args:
        codes: the representation; test points are drawn from its test set if it has one.
        seed: the same seed gives the same score.
        protocol: `paper` or `dlib`, see `bvtk show metric beta_vae_score`.
        pairs: pairs per point, L.
        train_points: points to train on.
        test_points: points to test on.
        classifiers: number of classifiers of `paper`, each with its own random start.

    Returns:
        `score`, the mean of `scores` (one per classifier), `train_accuracy`, `chance` (1/K), `protocol`, and
        `factors`, the names of the K factors.

    Raises:
        UsageError: if fewer than two factors vary, or no two images share a value.
    """
    shared = _shared_factors(codes, protocol)
    train_rng, test_rng, classifier_rng = np.random.default_rng(seed).spawn(3)
    names, test = codes.factor_names, separate_test_set(codes) or codes
    x, y = sample_points(codes.codes, codes.factors, names, shared, train_points, pairs, train_rng)
    x_test, y_test = sample_points(test.codes, test.factors, names, shared, test_points, pairs, test_rng)
    if protocol == "paper":
        predictions = softmax_classifiers(x, y, (x, x_test), len(shared), classifiers, classifier_rng)
    else:
        predictions = _logistic_regression(x, y, (x, x_test))
    train_scores, scores = ((p == labels).mean(axis=1) for p, labels in zip(predictions, (y, y_test), strict=True))
    return {
        "score": float(scores.mean()),
        "train_accuracy": float(train_scores.mean()),
        "chance": 1 / len(shared),
        "protocol": protocol,
        "scores": scores.tolist(),
        "factors": [names[j] for j in shared],
    }


def sample_points(
    codes: NDArray[np.floating[Any]],
    factors: NDArray[np.integer[Any]],
    names: tuple[str, ...],
    shared: list[int],
    points: int,
    pairs: int,
    rng: np.random.Generator,
) -> tuple[Array, Labels]:
    """Draws points for the classifier: for each a factor, L pairs that share its value, and the mean of |z1 − z2|.

    Args:
        codes: (n, d).
        factors: (n, k).
        names: names of the factors, for errors.
        shared: (K,) the columns of `factors` that can be shared.
        points: number of points, P.
        pairs: pairs per point, L.
        rng: draws factors and pairs.

    Returns:
        Features (P, d), and for each point the position of its factor in `shared` (P,).
    """
    labels = rng.integers(len(shared), size=points)
    features = np.empty((points, codes.shape[1]))
    for label, column in enumerate(shared):
        groups = SharedValue(factors[:, column], names[column])
        rows = np.flatnonzero(labels == label)
        for part in np.array_split(rows, max(1, rows.size * pairs * codes.shape[1] // _CHUNK)):
            first, second = groups.pairs(part.size * pairs, rng)
            distance = np.abs(codes[first] - codes[second])
            features[part] = distance.reshape(part.size, pairs, -1).mean(axis=1, dtype=np.float64)
    return features, labels


def _shared_factors(codes: Codes, protocol: str) -> list[int]:
    varying = require_varying(codes.factors, 2, "the β-VAE score")
    without_categories = [j for j in varying if codes.factor_roles.get(codes.factor_names[j]) != "category"]
    return without_categories if protocol == "paper" and len(without_categories) > 1 else varying


def _logistic_regression(x: Array, y: Labels, sets: tuple[Array, ...]) -> list[Labels]:
    from sklearn.linear_model import LogisticRegression

    classes = np.unique(y)
    if len(classes) == 1:
        return [np.full((1, len(s)), classes[0]) for s in sets]
    with quiet():
        classifier = LogisticRegression(max_iter=1_000).fit(x, y)
    return [classifier.predict(s)[None] for s in sets]
