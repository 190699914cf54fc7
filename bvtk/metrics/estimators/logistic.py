"""The logistic regression of the metrics: multinomial, scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.fitting import quiet


def logistic_regression(x: NDArray[np.float64], y: NDArray[np.integer[Any]], **settings: Any) -> Any:
    """A fitted classifier, after 100 iterations at most.

    The matrices are small, so a single thread is fastest: where other work shares the cores, several take ten times as
    long as one.

    Args:
        x: (n, d) features.
        y: (n,) classes, at least two.
        settings: of scikit-learn's `LogisticRegression`; its penalty is C = 1 where none is given.
    """
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with quiet(), threadpool_limits(1):
        return LogisticRegression(**settings).fit(x, y)
