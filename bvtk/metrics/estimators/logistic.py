"""Multinomial logistic regression of scikit-learn, on one thread."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.fitting import quiet


def logistic_regression(x: NDArray[np.float64], y: NDArray[np.integer[Any]], **settings: Any) -> Any:
    """A classifier fitted in at most 100 iterations.

    The matrices are small, so one thread is fastest. If other processes share the cores, several threads take ten times
    as long as one.

    Args:
        x: (n, d) features.
        y: (n,) classes, at least two.
        settings: arguments of scikit-learn's `LogisticRegression`; its penalty is C = 1 by default.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with quiet(), threadpool_limits(1):
        return LogisticRegression(**settings).fit(x, y)
