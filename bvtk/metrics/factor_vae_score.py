"""The FactorVAE score. Shapes: n images, d codes, K factors that vary, L images per vote."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.sampling import (
    CACHED,
    Labelled,
    SharedValue,
    draw_rows,
    require_varying,
    separate_test_set,
)
from bvtk.protocols import Codes

VARIANCE_POINTS = 10_000
"""Images from which the variance of each code is estimated."""


def factor_vae_score(
    codes: Codes, seed: int, *, batch: int, train_votes: int, test_votes: int, least_deviation: float
) -> dict[str, Any]:
    """The FactorVAE score; `FactorVaeScore` describes it and the other arguments.

    Test votes come from the test set if there is one.

    Returns:
        `score`, the share of correct test votes, 0 if no code can vote; `train_accuracy`; `chance` (1/K);
        `active_codes`, the number of codes that can vote; `factors`, the names of the K factors.

    Raises:
        UsageError: if fewer than two factors vary, or no two images share a value.
    """
    shared = require_varying(codes.factors, 2, "the FactorVAE score")
    variance = codes.codes[draw_rows(len(codes.codes), VARIANCE_POINTS, seed)].var(axis=0, ddof=1, dtype=np.float64)
    active = np.sqrt(variance) >= least_deviation
    names = {j: codes.factor_names[j] for j in shared}
    accuracies = [0.0, 0.0]
    if active.any():
        train = Labelled(codes.codes, codes.factors)
        sets = ((train, train_votes), (separate_test_set(codes) or train, test_votes))
        votes = [
            _votes(Labelled(part.codes[:, active], part.factors), names, variance[active], count, batch, rng)
            for (part, count), rng in zip(sets, np.random.default_rng(seed).spawn(2), strict=True)
        ]
        factor_of_code, code = votes[0].argmax(axis=0), np.arange(active.sum())
        accuracies = [float(cast[factor_of_code, code].sum() / cast.sum()) for cast in votes]
    return {
        "score": accuracies[1],
        "train_accuracy": accuracies[0],
        "chance": 1 / len(shared),
        "active_codes": int(active.sum()),
        "factors": list(names.values()),
    }


def _votes(
    images: Labelled,
    shared: dict[int, str],
    variance: NDArray[np.float64],
    count: int,
    batch: int,
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """How often each code varied least, relative to its variance, when a batch shared each factor: (K, d)."""
    codes, factors = images
    votes = np.zeros((len(shared), codes.shape[1]), np.int64)
    batches = np.bincount(rng.integers(len(shared), size=count), minlength=len(shared))
    per_chunk = max(1, CACHED // (batch * codes.shape[1]))
    for k, ((column, name), total) in enumerate(zip(shared.items(), batches, strict=True)):
        groups = SharedValue(factors[:, column], name)
        for start in range(0, total, per_chunk):
            rows = groups.batches(min(per_chunk, total - start), batch, rng)
            spread = codes[rows].var(axis=1, ddof=1, dtype=np.float64) / variance
            votes[k] += np.bincount(spread.argmin(axis=1), minlength=codes.shape[1])
    return votes
