"""The mutual information gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from bvtk.metrics.estimators.information import entropy, mutual_information
from bvtk.metrics.estimators.points import draw_rows
from bvtk.metrics.estimators.sampling import require_varying
from bvtk.protocols import Codes


def mig(codes: Codes, seed: int, *, bins: int, points: int) -> dict[str, Any]:
    """How much more the best code knows about a factor than the second best, relative to the factor's entropy.

    Chen et al. 2018, "Isolating Sources of Disentanglement in VAEs", Equation 6.
    The test set is not used. The other arguments are fields of `Mig`.

    Returns:
        `score`, the mean of `gaps` (by factor); `left_out`, the factors with a single value, which have no entropy.

    Raises:
        UsageError: if no factor varies.
    """
    rows = draw_rows(len(codes.codes), points, seed)
    factors = codes.factors[rows]
    kept = require_varying(factors, 1, "MIG")
    information = np.sort(mutual_information(codes.codes[rows], factors[:, kept], bins), axis=0)
    gaps = information[-1] - (information[-2] if len(information) > 1 else 0)
    shares = {codes.factor_names[j]: float(gap / entropy(factors[:, j])) for gap, j in zip(gaps, kept, strict=True)}
    return {
        "score": float(np.mean(list(shares.values()))),
        "gaps": shares,
        "left_out": [name for name in codes.factor_names if name not in shares],
    }
