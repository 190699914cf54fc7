"""The FactorVAE score. Shapes: n images, d codes, K factors that vary, L images per vote."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.points import draw_rows, separate_test_set
from bvtk.metrics.estimators.sampling import SharedValue, require_varying
from bvtk.protocols import Codes

Floats = NDArray[np.floating[Any]]
Votes = NDArray[np.int64]

VARIANCE_POINTS = 10_000
"""Images from which the variance of each code is estimated."""
_CHUNK = 1_000_000
"""Numbers per lookup: few enough that they stay in the cache of the processor."""


def factor_vae_score(
    codes: Codes, seed: int, *, batch: int, train_votes: int, test_votes: int, least_deviation: float
) -> dict[str, Any]:
    """How often the code that varies least identifies the factor that a batch of images shares.

    Kim & Mnih 2018, "Disentangling by Factorising", Section 4.

    Args:
        codes: the representation; test votes come from its test set if it has one.
        seed: draws the batches.
        batch: images that share a value and cast one vote, L.
        train_votes: votes that assign codes to factors.
        test_votes: votes that test the assignment.
        least_deviation: codes whose standard deviation over the images is smaller do not vote.

    Returns:
        `score`, the share of correct test votes, 0 if no code can vote; `train_accuracy`; `chance` (1/K);
        `active_codes`, the number of codes that can vote; `factors`, the names of the K factors.

    Raises:
        UsageError: if fewer than two factors vary, or no two images share a value.
    """
    shared = require_varying(codes.factors, 2, "the FactorVAE score")
    variance = _variance(codes.codes, seed)
    active = np.sqrt(variance) >= least_deviation
    train, test = 0.0, 0.0
    if active.any():
        sets = ((codes, train_votes), (separate_test_set(codes) or codes, test_votes))
        votes = [
            _votes(part.codes[:, active], part.factors, codes.factor_names, shared, variance[active], count, batch, rng)
            for (part, count), rng in zip(sets, np.random.default_rng(seed).spawn(2), strict=True)
        ]
        train, test = (_accuracy(votes[0].argmax(axis=0), cast) for cast in votes)
    return {
        "score": test,
        "train_accuracy": train,
        "chance": 1 / len(shared),
        "active_codes": int(active.sum()),
        "factors": [codes.factor_names[j] for j in shared],
    }


def _variance(codes: Floats, seed: int) -> NDArray[np.float64]:
    rows = draw_rows(len(codes), VARIANCE_POINTS, seed)
    return np.asarray(codes[rows].var(axis=0, ddof=1, dtype=np.float64))


def _votes(
    codes: Floats,
    factors: NDArray[np.integer[Any]],
    names: tuple[str, ...],
    shared: list[int],
    variance: NDArray[np.float64],
    count: int,
    batch: int,
    rng: np.random.Generator,
) -> Votes:
    """How often each code varied least, relative to its variance, when a batch shared each factor: (K, d)."""
    votes = np.zeros((len(shared), codes.shape[1]), np.int64)
    batches = np.bincount(rng.integers(len(shared), size=count), minlength=len(shared))
    per_chunk = max(1, _CHUNK // (batch * codes.shape[1]))
    for k, (column, total) in enumerate(zip(shared, batches, strict=True)):
        groups = SharedValue(factors[:, column], names[column])
        for start in range(0, total, per_chunk):
            rows = groups.batches(min(per_chunk, total - start), batch, rng)
            spread = codes[rows].var(axis=1, ddof=1, dtype=np.float64) / variance
            votes[k] += np.bincount(spread.argmin(axis=1), minlength=codes.shape[1])
    return votes


def _accuracy(factor_of_code: Votes, votes: Votes) -> float:
    """The share of votes (K, d) for the factor that their code (d,) is assigned to."""
    return float(votes[factor_of_code, np.arange(votes.shape[1])].sum() / votes.sum())
