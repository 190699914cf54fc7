"""The interventional robustness score. Shapes: n images, d codes that vary, k factors."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.metrics.estimators.sampling import draw_rows, varying
from bvtk.protocols import Codes

Array = NDArray[np.float64]


def irs(codes: Codes, seed: int, *, quantile: float, points: int) -> dict[str, Any]:
    """The interventional robustness score; `Irs` describes it and the other arguments. The test set is not used.

    Returns:
        `score`, the mean over codes weighted by their largest deviation, 0 if no code varies; `active_codes`, the
        number of codes that vary; `left_out`, the factors with a single value, and those without a repeated value.

    Raises:
        UsageError: if no factor is left.
    """
    rows = draw_rows(len(codes.codes), points, seed)
    z, factors = codes.codes[rows].astype(np.float64), codes.factors[rows]
    kept = [j for j in varying(factors) if np.unique(factors[:, j], return_counts=True)[1].max() > 1]
    if not kept:
        raise UsageError(
            f"IRS needs a factor that varies and has a value shared by two images, found none among "
            f"{', '.join(codes.factor_names)}",
            "score more images: deviations within a value need more than one image per value",
        )
    z = z[:, np.ptp(z, axis=0) > 0]
    score = 0.0
    if z.shape[1]:
        best = np.max([robustness(z, factors[:, j], quantile) for j in kept], axis=0)
        score = float(np.average(best, weights=_largest_deviation(z)))
    return {
        "score": score,
        "active_codes": z.shape[1],
        "left_out": [name for j, name in enumerate(codes.factor_names) if j not in kept],
    }


def robustness(z: Array, values: NDArray[np.integer[Any]], quantile: float) -> Array:
    """1 − the worst deviation of codes (n, d) from their mean given a factor's value, averaged over its values (n,).

    The deviations are relative to each code's largest deviation from its mean over all images, so no code may be
    constant; the quantile counts as the worst case. Values that occur once are skipped.
    """
    order = np.argsort(values, kind="stable")
    ends = np.flatnonzero(np.diff(values[order])) + 1
    groups = [group for group in np.split(z[order], ends) if len(group) > 1]
    worst = [np.quantile(np.abs(group - group.mean(axis=0)), quantile, axis=0) for group in groups]
    return np.asarray(1 - np.mean(worst, axis=0) / _largest_deviation(z))


def _largest_deviation(z: Array) -> Array:
    return np.asarray(np.abs(z - z.mean(axis=0)).max(axis=0))
