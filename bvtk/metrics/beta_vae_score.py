"""The β-VAE score, by the paper's protocol and by disentanglement_lib's.

Shapes: n images, d codes, k factors, P points, L pairs a point, K factors that may be fixed, S classifiers.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.adagrad import softmax_classifiers
from bvtk.metrics.estimators.fitting import quiet
from bvtk.metrics.estimators.sampling import SharedValue, require_varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def beta_vae_score(
    codes: Codes,
    seed: int,
    *,
    protocol: Literal["paper", "dlib"] = "paper",
    pairs: int = 200,
    train_points: int = 10_000,
    test_points: int = 5_000,
    classifiers: int = 3,
) -> dict[str, Any]:
    """Accuracy of a linear classifier that predicts which factor pairs of images share.

    Higgins et al. 2017, "beta-VAE", Section 3.

    Args:
        codes: the representation; test points are drawn from its test set where it has one.
        seed: the same seed gives the same score.
        protocol: `paper` or `dlib`, as `bvtk show metric beta_vae_score` explains.
        pairs: pairs averaged into one point, L.
        train_points: points to learn from.
        test_points: points to measure on.
        classifiers: how many `paper` trains, each from a start of its own.

    Returns:
        `score`, the mean of `scores` (one a classifier), `train_accuracy`, `chance` (1/K), `protocol`, and
        `factors`, the names of those that were fixed in turn.

    Raises:
        UsageError: where fewer than two factors vary, or no two images share a value.
    """
    fixed = _fixed_factors(codes, protocol)
    train_rng, test_rng, classifier_rng = np.random.default_rng(seed).spawn(3)
    x, y = sample_points(codes.codes, codes.factors, codes.factor_names, fixed, train_points, pairs, train_rng)
    test_codes = codes.codes if codes.codes_test is None else codes.codes_test
    test_factors = codes.factors if codes.factors_test is None else codes.factors_test
    x_test, y_test = sample_points(test_codes, test_factors, codes.factor_names, fixed, test_points, pairs, test_rng)
    if protocol == "paper":
        predictions = softmax_classifiers(x, y, (x, x_test), len(fixed), classifiers, classifier_rng)
    else:
        predictions = _logistic_regression(x, y, (x, x_test))
    train, test = ((p == labels).mean(axis=1) for p, labels in zip(predictions, (y, y_test), strict=True))
    return {
        "score": float(test.mean()),
        "train_accuracy": float(train.mean()),
        "chance": 1 / len(fixed),
        "protocol": protocol,
        "scores": test.tolist(),
        "factors": [codes.factor_names[j] for j in fixed],
    }


def sample_points(
    codes: NDArray[np.floating[Any]],
    factors: NDArray[np.integer[Any]],
    names: tuple[str, ...],
    fixed: list[int],
    points: int,
    pairs: int,
    rng: np.random.Generator,
) -> tuple[Array, Labels]:
    """Draws the classifier's points: for each a factor, L pairs that share it, and the mean of |z1 − z2|.

    Args:
        codes: (n, d).
        factors: (n, k).
        names: one a factor, for errors.
        fixed: the columns of `factors` that may be fixed.
        points: how many, P.
        pairs: pairs a point, L.
        rng: what to draw from.

    Returns:
        Features (P, d), and for each point the number of its factor within `fixed` (P,).
    """
    labels = rng.integers(len(fixed), size=points)
    features = np.empty((points, codes.shape[1]))
    for label, column in enumerate(fixed):
        shared = SharedValue(factors[:, column], names[column])
        mine = np.flatnonzero(labels == label)
        for part in np.array_split(mine, max(1, mine.size * pairs * codes.shape[1] // _CHUNK)):
            first, second = shared.pairs(part.size * pairs, rng)
            distance = np.abs(codes[first] - codes[second])
            features[part] = distance.reshape(part.size, pairs, -1).mean(axis=1, dtype=np.float64)
    return features, labels


_CHUNK = 1_000_000
"""Numbers looked up at once: few enough for the codes of the pairs to stay in the processor's cache."""


def _fixed_factors(codes: Codes, protocol: str) -> list[int]:
    candidates = require_varying(codes.factors, codes.factor_names, 2, "the β-VAE score")
    without_shape = [j for j in candidates if codes.factor_names[j] != "shape"]
    return without_shape if protocol == "paper" and len(without_shape) > 1 else candidates


def _logistic_regression(x: Array, y: Labels, sets: tuple[Array, ...]) -> list[Labels]:
    from sklearn.linear_model import LogisticRegression

    classes = np.unique(y)
    if len(classes) == 1:
        return [np.full((1, len(s)), classes[0]) for s in sets]
    with quiet():
        classifier = LogisticRegression(max_iter=1_000).fit(x, y)
    return [classifier.predict(s)[None] for s in sets]
