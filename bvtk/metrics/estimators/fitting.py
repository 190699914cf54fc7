"""Fits of scikit-learn without warnings: what they warn about is part of the published protocols."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Silences two warnings: about fits that stop early, and about factors with nearly one value per image."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # ranks and accuracies converge long before weights
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield
