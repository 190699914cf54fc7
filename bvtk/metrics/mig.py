"""The mutual information gap."""

from __future__ import annotations

from typing import Any

import numpy as np

from bvtk.metrics.estimators.information import entropy, mutual_information
from bvtk.metrics.estimators.sampling import draw_rows, require_varying
from bvtk.protocols import Codes


def mig(codes: Codes, seed: int, *, bins: int, points: int) -> dict[str, Any]:
    """The mutual information gap; `Mig` describes it and the other arguments. The test set is not used.

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
