"""Entropy and mutual information in nats: of binned codes and factors, and from distances to nearest neighbours.

With neighbours, no estimate is negative. Values are on a fine grid of integers, so that distances are exact and there
are no ties. Shapes: n images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

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


Grid = NDArray[np.int64]
Labels = NDArray[np.integer[Any]]

_STEPS = 2.0**32
"""Grid steps per standard deviation of the values: finer than single precision."""
_JITTER = 2**18
"""Random steps within each grid step, which break ties between equal values."""


def on_grid(values: NDArray[Any], rng: np.random.Generator) -> Grid:
    """Values (n,), not all equal, as integers on a grid in units of their standard deviation; ties break at random.

    For a million values they are below 2⁶², since no value is more than √n standard deviations from the mean.
    """
    x = values.astype(np.float64)
    coarse = np.rint((x - x.mean()) / x.std() * _STEPS).astype(np.int64)
    return np.asarray(coarse * _JITTER + rng.integers(_JITTER, size=len(x)))


def information_of_labels(x: Grid, labels: Labels, neighbours: int) -> float:
    """Mutual information of a continuous and a discrete variable.

    ψ(n) + ⟨ψ(k)⟩ − ⟨ψ(n_v)⟩ − ⟨ψ(m)⟩: n_v points have the same label as a point, and m points, including itself, are
    nearer to it than the k-th nearest of these. Ross 2014, "Mutual Information between Discrete and Continuous Data
    Sets". Labels with fewer points have a smaller k; points whose label occurs once are skipped.
    """
    order = np.lexsort((x, labels))
    ordered, label = x[order], labels[order]
    start = np.flatnonzero(np.append(True, label[1:] != label[:-1]))
    size = np.diff(np.append(start, len(x)))
    keep = np.repeat(size > 1, size)
    first, count = (np.repeat(values, size)[keep] for values in (start, size))
    if not keep.any():
        return 0.0
    k = np.minimum(neighbours, count - 1)
    distance = _nearest(ordered, np.flatnonzero(keep), first, first + count, k, neighbours)
    nearer = count_within(ordered[keep], distance - 1)
    return max(float(digamma(len(nearer)) + digamma(k).mean() - digamma(count).mean() - digamma(nearer).mean()), 0.0)


def information_of_values(x: Grid, y: Grid, neighbours: int) -> float:
    """Mutual information of two continuous variables.

    ψ(n) + ψ(k) − ⟨ψ(m_x)⟩ − ⟨ψ(m_y)⟩: m_x points, including itself, are nearer to a point in x than its k-th nearest
    neighbour in the plane, by the larger of both distances. Kraskov et al. 2004, "Estimating mutual information",
    Equation 8. If there are fewer points, k is smaller.
    """
    from scipy.spatial import KDTree

    n = len(x)
    k = min(neighbours, n - 1)
    plane = np.stack([x, y], axis=1)
    # Floats are less precise than the grid: they find the neighbours, then the grid gives the exact distances.
    found = KDTree(plane.astype(np.float64)).query(plane, [k + 1], p=np.inf)[1][:, 0]
    distance = np.abs(plane - plane[found]).max(axis=1)
    near = (digamma(count_within(values, distance - 1)).mean() for values in (x, y))
    return max(float(digamma(n) + digamma(k) - sum(near)), 0.0)


def count_within(x: Grid, radius: Grid) -> Grid:
    """How many of the points x (n,) are within the radius (n,) of each, including itself."""
    ordered = np.sort(x)
    return np.searchsorted(ordered, x + radius, side="right") - np.searchsorted(ordered, x - radius, side="left")


def _nearest(ordered: Grid, rows: Grid, first: Grid, end: Grid, k: Grid, most: int) -> Grid:
    """Distance to the k-th nearest point of the same label: the least reach of all runs of k + 1 points around it.

    Values are ascending within each label. For the points at `rows`, their label is from `first` to `end`; k is at
    most `most`.
    """
    nearest = np.full(len(rows), np.iinfo(np.int64).max)
    here = ordered[rows]
    for before in range(most + 1):
        left, right = rows - before, rows - before + k
        inside = (left >= first) & (right < end) & (before <= k)
        reach = np.maximum(here - ordered[np.where(inside, left, 0)], ordered[np.where(inside, right, 0)] - here)
        np.minimum(nearest, reach, out=nearest, where=inside)
    return nearest
