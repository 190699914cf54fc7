"""Entropy and mutual information of binned codes and factors, in nats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Bins = NDArray[np.int64]


def discretise(code: NDArray[np.floating[Any]], bins: int) -> Bins:
    """The bin of each value of a code (n,), from 0 to bins − 1, with bins of equal width.

    All values of a constant code have the same bin.
    """
    values = np.asarray(code, dtype=np.float64)
    left_edges = np.linspace(values.min(), values.max(), bins + 1)[:-1]
    return np.searchsorted(left_edges, values, side="right") - 1


def entropy(values: NDArray[np.integer[Any]]) -> float:
    """Entropy of the values (n,) in nats, from their frequencies."""
    return _entropy(np.unique(values, return_counts=True)[1])


def mutual_information(codes: NDArray[np.floating[Any]], factors: NDArray[np.integer[Any]], bins: int) -> NDArray[Any]:
    """Mutual information (d, k) of every binned code (n, d) with every factor (n, k) in nats, not negative.

    I(z; v) = H(z) + H(v) − H(z, v) from the frequencies, without bias correction. Factors are integers and not binned.
    """
    z = [discretise(code, bins) for code in codes.T]
    v = [np.unique(values, return_inverse=True)[1] for values in factors.T]
    h_z = np.array([entropy(a) for a in z])
    h_v = np.array([entropy(b) for b in v])
    h_zv = np.array([[joint_entropy(a, b) for b in v] for a in z])
    return np.asarray(np.maximum(h_z[:, None] + h_v[None] - h_zv, 0.0))


def joint_entropy(a: Bins, b: Bins) -> float:
    """Joint entropy of two arrays (n,) of small integers from 0, in nats."""
    return _entropy(np.bincount(a * (int(b.max()) + 1) + b))


def _entropy(counts: NDArray[Any]) -> float:
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum())
