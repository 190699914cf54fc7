"""The classifier of the β-VAE paper: a linear layer and a softmax, trained by Adagrad.

Shapes: P points, d features, K classes, S classifiers, B points per batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

    Args:
        x: (P, d) features to train on.
        y: (P,) classes from 0.
        sets: features (m, d) to predict classes for.
        classes: number of classes, K.
        count: number of classifiers, S.
        rng: draws the weights and the batches.

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
