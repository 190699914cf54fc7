"""Linear classifiers: those of scikit-learn on standardised codes, and the softmax of the β-VAE paper.

Shapes: n images, d codes or features, P points, K classes, S classifiers, B points per batch.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray


def standardised(*sets: NDArray[np.floating[Any]]) -> list[NDArray[np.float64]]:
    """Sets of codes (n, d), standardised by the mean and deviation of the first; a constant code becomes 0."""
    z = sets[0].astype(np.float64)
    varies = np.ptp(z, axis=0) > 0
    scale = np.where(varies, 1 / np.where(varies, z.std(axis=0), 1), 0)
    return [(part - z.mean(axis=0)) * scale for part in sets]


def logistic_regression(x: NDArray[np.float64], y: NDArray[np.integer[Any]], **settings: Any) -> Any:
    """A multinomial classifier of features (n, d), fitted to at least two classes (n,).

    The matrices are small, so one thread is fastest. If other processes share the cores, several threads take ten times
    as long as one.

    Args:
        settings: arguments of scikit-learn's `LogisticRegression`; by default C = 1 and at most 100 iterations.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with quiet(), threadpool_limits(1):
        return LogisticRegression(**settings).fit(x, y)


def linear_predictions(
    x: NDArray[np.float64], y: NDArray[np.integer[Any]], sets: Sequence[NDArray[np.float64]], **settings: Any
) -> list[NDArray[Any]]:
    """What `logistic_regression` predicts for each set of features; the class itself if there is only one."""
    if (y == y[0]).all():
        return [np.full(len(features), y[0]) for features in sets]
    model = logistic_regression(x, y, **settings)
    return [model.predict(features) for features in sets]


@contextmanager
def quiet() -> Iterator[None]:
    """Silences two warnings, about fits that stop early and about factors with nearly one value per image.

    What scikit-learn warns about is part of the published protocols.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ranks and accuracies converge long before weights
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


STEPS = 10_000
BATCH = 10
RATE = 1e-2
_EPSILON = 1e-10


def softmax_classifiers(
    x: NDArray[np.float64],
    y: NDArray[np.int64],
    sets: Sequence[NDArray[np.float64]],
    classes: int,
    count: int,
    rng: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Trains linear softmax classifiers in parallel, each on its own batches.

    Higgins et al. 2017 specify Adagrad with rate 1e-2 on unscaled features. Number of steps, batch size and
    initialisation are those of its follow-ups: 10,000 steps of 10 points from weights uniform in ±1/√d. If codes have a
    small scale or mix the factors, this is far from converged, and the accuracy depends on the initialisation. But it
    reproduces the published figures (PCA of dSprites: 0.88 in the upper half of 30 classifiers, 0.85 published), while
    longer training does not (PCA: 0.98), so it is part of the score.

    They learn classes (P,) from 0 of features (P, d), and predict those of each set of features (m, d).

    Returns:
        For each of `sets` the predicted classes (S, m).
    """
    bound = 1 / np.sqrt(x.shape[1])
    weights = rng.uniform(-bound, bound, size=(count, x.shape[1] + 1, classes))
    squares = np.zeros_like(weights)
    x1, targets = _with_one(x), np.eye(classes)[y]
    for _ in range(STEPS):
        batch = rng.integers(len(x), size=(count, BATCH))
        gradient = _gradient(weights, x1[batch], targets[batch])
        squares += gradient**2
        weights -= RATE * gradient / (np.sqrt(squares) + _EPSILON)
    return [(_with_one(s) @ weights).argmax(axis=-1) for s in sets]


def _gradient(weights: NDArray[Any], x: NDArray[Any], targets: NDArray[Any]) -> NDArray[Any]:
    """Gradient (S, d + 1, K) of the mean negative log-likelihood of batches (S, B, d + 1)."""
    logits = x @ weights
    p = np.exp(logits - logits.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return np.asarray(np.swapaxes(x, 1, 2) @ (p - targets) / x.shape[1])


def _with_one(x: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)
