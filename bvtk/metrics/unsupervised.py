"""How much the codes know about each other: scores that need no factors. Shapes: n images, d codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.information import discretise, entropy, joint_entropy
from bvtk.metrics.estimators.latents import active_latents
from bvtk.metrics.estimators.sampling import draw_rows
from bvtk.protocols import Codes

Array = NDArray[np.float64]


def unsupervised(codes: Codes, seed: int, *, bins: int, points: int, pairs: int) -> dict[str, Any]:
    """Correlation and mutual information between the codes; `Unsupervised` describes them and the other arguments.

    The Gaussian scores are computed from the covariance. Neither the factors nor the test set are used.

    Returns:
        `score` and `mutual_information`, the mean over pairs of codes in nats; `gaussian_total_correlation` in nats,
        absent if it is infinite, because a code is a linear function of others;
        `gaussian_wasserstein_correlation`, and the same `_normalised` by the total variance; `active_units`, the number
        of codes with a variance above 0.01.
    """
    z = codes.codes[draw_rows(len(codes.codes), points, seed)].astype(np.float64)
    moving = z[:, np.ptp(z, axis=0) > 0]
    information = mean_information(z, bins, pairs, seed)
    covariance = np.atleast_2d(np.cov(moving, rowvar=False)) if moving.shape[1] else np.zeros((0, 0))
    total, wasserstein = total_correlation(covariance), wasserstein_correlation(covariance)
    variance = float(np.trace(covariance))
    return {
        "score": information,
        **({} if total is None else {"gaussian_total_correlation": total}),
        "gaussian_wasserstein_correlation": wasserstein,
        "gaussian_wasserstein_correlation_normalised": wasserstein / variance if variance else 0.0,
        "mutual_information": information,
        "active_units": int(active_latents(z).sum()),
    }


def total_correlation(covariance: Array) -> float | None:
    """KL between a Gaussian and the product of its marginals: ½ (Σ log C_ii − log det C) in nats.

    None if the covariance C (d, d), with a positive diagonal, is singular up to rounding, and the result infinite.
    """
    deviation = np.sqrt(np.diag(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance / deviation[:, None] / deviation)  # of the correlations
    if not len(eigenvalues):
        return 0.0
    if eigenvalues[0] <= len(eigenvalues) * np.finfo(np.float64).eps * eigenvalues[-1]:
        return None
    return max(0.0, float(-0.5 * np.log(eigenvalues).sum()))


def wasserstein_correlation(covariance: Array) -> float:
    """Squared Wasserstein distance between a Gaussian and the product of its marginals.

    2 tr C − 2 tr √(C·diag C), with the root of the symmetric √diag C · C · √diag C, which has the same trace.
    C is the covariance, (d, d).
    """
    deviation = np.sqrt(np.diag(covariance))
    eigenvalues = np.linalg.eigvalsh(covariance * deviation[:, None] * deviation)
    roots = np.sqrt(np.maximum(eigenvalues, 0))  # rounding can make a zero negative
    return max(0.0, float(2 * np.trace(covariance) - 2 * roots.sum()))


def mean_information(z: Array, bins: int, most: int, seed: int) -> float:
    """Mean mutual information in nats of two different codes (n, d), each cut into bins of equal width.

    If there are more pairs than `most`, the seed draws this many. A single code gives 0.
    """
    first, second = np.triu_indices(z.shape[1], k=1)
    if not len(first):
        return 0.0
    chosen = draw_rows(len(first), most, seed)
    first, second = first[chosen], second[chosen]
    binned = [discretise(code, bins) for code in z.T]
    entropies = np.array([entropy(code) for code in binned])
    joint = [joint_entropy(binned[i], binned[j]) for i, j in zip(first, second, strict=True)]
    information = entropies[first] + entropies[second] - joint
    return float(np.maximum(information, 0).mean())
