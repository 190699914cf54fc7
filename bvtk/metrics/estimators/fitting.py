"""Fits of scikit-learn that say nothing on stderr: what they warn of is part of the published protocols."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Silences two warnings: of fits that stop early, as published, and of factors with about a value an image."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ranks and accuracies settle long before weights
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield
