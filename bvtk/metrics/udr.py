"""Unsupervised disentanglement ranking: how much the models of one setting agree with each other.

Shapes: n images, M models, d codes of a model; a and b codes that are kept of two models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.linear import quiet, standardised
from bvtk.metrics.udr_spec import Measure

Array = NDArray[np.float64]

LEAST_KL = 0.01
"""Codes whose KL, in nats per image, is below this are dropped."""
ALPHA = 0.1
"""Penalty of the Lasso."""


@dataclass(frozen=True)
class Ranking:
    """How much each model agrees with the others.

    Args:
        scores: (M,) the UDR of each model: the median over the other models.
        pairs: (M, M) how much model i agrees with model j, when predicted from it; NaN on the diagonal.
        active_codes: (M,) the number of codes of each model that were kept.
    """

    scores: Array
    pairs: Array
    active_codes: tuple[int, ...]


def udr(
    codes: Sequence[NDArray[np.floating[Any]]], kl: Sequence[NDArray[np.floating[Any]] | None], *, measure: Measure
) -> Ranking:
    """Ranks models of one setting by how much each agrees with the others, up to order, sign and scale of its codes.

    Duan et al. 2020, "Unsupervised Model Selection for Variational Disentangled Representation Learning":
    disentangled models are alike, while entangled models differ from each other.

    Args:
        codes: for each of at least two models (n, d) the codes of the same images in the same order; d can differ.
        kl: for each model (d,) the KL of each code in nats per image; None for a model without a posterior, of which
            all codes that vary are kept.
        measure: how codes are compared.
    """
    from scipy.stats import rankdata

    kept = [_kept(z, k) for z, k in zip(codes, kl, strict=True)]
    prepared = [standardised(rankdata(z, axis=0) if measure == "spearman" else z)[0] for z in kept]
    strengths = lasso_weights if measure == "lasso" else correlations
    pairs = np.full((len(kept), len(kept)), np.nan)
    for i, j in permutations(range(len(kept)), 2):
        pairs[i, j] = one_to_one(strengths(prepared[j], prepared[i]))
    return Ranking(np.nanmedian(pairs, axis=1), pairs, tuple(z.shape[1] for z in kept))


def one_to_one(strengths: Array) -> float:
    """How close a matrix (a, b) is to a one-to-one assignment of rows and columns: the mean of max² / sum over both.

    Duan et al. 2020: the relative strength of a pair of models. It is 1 for an assignment of strength 1. A row or
    column of zeros counts as 0; an empty matrix gives 0.
    """
    if not strengths.size:
        return 0.0
    best, total = (np.concatenate([reduce(strengths, axis=axis) for axis in (0, 1)]) for reduce in (np.max, np.sum))
    return float(np.where(total > 0, best**2 / np.where(total > 0, total, 1), 0).mean())


def lasso_weights(source: Array, target: Array) -> Array:
    """Absolute weights (a, b) of a Lasso that predicts standardised codes (n, b) from those of another model (n, a)."""
    from sklearn.linear_model import Lasso

    if not source.shape[1] or not target.shape[1]:
        return np.zeros((source.shape[1], target.shape[1]))
    with quiet():  # duplicated codes converge slowly
        weights = Lasso(alpha=ALPHA, fit_intercept=False).fit(source, target).coef_
    return np.abs(np.reshape(weights, (target.shape[1], source.shape[1]))).T


def correlations(source: Array, target: Array) -> Array:
    """Absolute correlations (a, b) of standardised codes (n, a) and (n, b); of ranks, this is Spearman's."""
    return np.asarray(np.abs(source.T @ target) / len(source))


def _kept(codes: NDArray[Any], kl: NDArray[Any] | None) -> Array:
    """The codes that vary and whose KL is not too small."""
    varies = np.ptp(codes, axis=0) > 0
    return codes[:, varies if kl is None else varies & (kl >= LEAST_KL)].astype(np.float64)
