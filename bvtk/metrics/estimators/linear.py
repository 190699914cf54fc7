"""Linear models of scikit-learn on standardised codes."""

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
