"""Mutual information of a continuous code with a factor, from distances to nearest neighbours, in nats.

Shapes: n images. Values are on a fine grid of integers, so that distances are exact and there are no ties.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

Grid = NDArray[np.int64]
Labels = NDArray[np.integer[Any]]

_STEPS = 2.0**32
"""Grid steps per standard deviation of the values: finer than single precision."""
_JITTER = 2**18
"""Random steps within each grid step, which break ties between equal values."""


def on_grid(values: NDArray[Any], rng: np.random.Generator) -> Grid:
    """Values (n,) as integers on a grid in units of their standard deviation. Keeps their order, breaks ties at random.

    For a million values they are below 2⁶², since no value is more than √n standard deviations from the mean.

    Args:
        values: finite numbers, not all of them equal.
        rng: breaks the ties.
    """
    x = values.astype(np.float64)
    coarse = np.rint((x - x.mean()) / x.std() * _STEPS).astype(np.int64)
    return np.asarray(coarse * _JITTER + rng.integers(_JITTER, size=len(x)))


def information_of_labels(x: Grid, labels: Labels, neighbours: int) -> float:
    """Mutual information of a continuous and a discrete variable.

    ψ(n) + ⟨ψ(k)⟩ − ⟨ψ(n_v)⟩ − ⟨ψ(m)⟩: n_v points have the same label as a point, and m points, including itself, are
    nearer to it than the k-th nearest of these. Ross 2014, "Mutual Information between Discrete and Continuous Data
    Sets".

    Args:
        x: (n,) from `on_grid`.
        labels: (n,) integers; points whose label occurs once are skipped.
        neighbours: k; smaller for labels with fewer points.

    Returns:
        Nats, not negative.
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
    return _not_negative(digamma(len(nearer)) + digamma(k).mean() - digamma(count).mean() - digamma(nearer).mean())


def information_of_values(x: Grid, y: Grid, neighbours: int) -> float:
    """Mutual information of two continuous variables.

    ψ(n) + ψ(k) − ⟨ψ(m_x)⟩ − ⟨ψ(m_y)⟩: m_x points, including itself, are nearer to a point in x than its k-th nearest
    neighbour in the plane, by the larger of both distances. Kraskov et al. 2004, "Estimating mutual information",
    Equation 8.

    Args:
        x: (n,) from `on_grid`.
        y: (n,) from `on_grid`.
        neighbours: k; smaller if there are fewer points.

    Returns:
        Nats, not negative.
    """
    from scipy.spatial import KDTree

    n = len(x)
    k = min(neighbours, n - 1)
    plane = np.stack([x, y], axis=1)
    # Floats are less precise than the grid: they find the neighbours, then the grid gives the exact distances.
    found = KDTree(plane.astype(np.float64)).query(plane, [k + 1], p=np.inf)[1][:, 0]
    distance = np.abs(plane - plane[found]).max(axis=1)
    near = (digamma(count_within(values, distance - 1)).mean() for values in (x, y))
    return _not_negative(digamma(n) + digamma(k) - sum(near))


def count_within(x: Grid, radius: Grid) -> Grid:
    """How many of the points x (n,) are within the radius (n,) of each, including itself."""
    ordered = np.sort(x)
    return np.searchsorted(ordered, x + radius, side="right") - np.searchsorted(ordered, x - radius, side="left")


def _nearest(ordered: Grid, rows: Grid, first: Grid, end: Grid, k: Grid, most: int) -> Grid:
    """Distance to the k-th nearest point of the same label: the least reach of all runs of k + 1 points around it.

    Args:
        ordered: (n,) values, ascending within each label.
        rows: (m,) the positions of the points.
        first: (m,) the position where the label of each point begins.
        end: (m,) the position where it ends.
        k: (m,) the number of neighbours.
        most: the largest k.
    """
    nearest = np.full(len(rows), np.iinfo(np.int64).max)
    here = ordered[rows]
    for before in range(most + 1):
        left, right = rows - before, rows - before + k
        inside = (left >= first) & (right < end) & (before <= k)
        reach = np.maximum(here - ordered[np.where(inside, left, 0)], ordered[np.where(inside, right, 0)] - here)
        np.minimum(nearest, reach, out=nearest, where=inside)
    return nearest


def _not_negative(information: float) -> float:
    return max(float(information), 0.0)
