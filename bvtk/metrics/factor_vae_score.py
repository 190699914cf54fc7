"""The FactorVAE score. Shapes: n images, d codes, K factors that vary, L images a vote."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.metrics.estimators.points import draw_rows
from bvtk.metrics.estimators.sampling import SharedValue, require_varying
from bvtk.protocols import Codes

Floats = NDArray[np.floating[Any]]
Votes = NDArray[np.int64]

VARIANCE_POINTS = 10_000
"""Images from which the variance of each code is estimated."""
_CHUNK = 1_000_000
"""Numbers looked up at once: few enough for them to stay in the processor's cache."""


def factor_vae_score(
    codes: Codes,
    seed: int,
    *,
    batch: int = 64,
    train_votes: int = 10_000,
    test_votes: int = 5_000,
    least_deviation: float = 0.05,
) -> dict[str, Any]:
    """How often the code that moves least tells which factor a batch of images shares.

    Kim & Mnih 2018, "Disentangling by Factorising", Section 4.

    Args:
        codes: the representation; test votes are cast by its test set where it has one.
        seed: draws the batches.
        batch: images that share a factor's value and cast one vote, L.
        train_votes: votes that decide which factor each code stands for.
        test_votes: votes that this is tested on.
        least_deviation: codes whose standard deviation over the images is smaller have no vote.

    Returns:
        `score`, the share of test votes for the right factor, 0 where no code may vote; `train_accuracy`; `chance`
        (1/K); `active_codes`, how many may vote; `factors`, the names of those that were fixed in turn.

    Raises:
        UsageError: where fewer than two factors vary, or no two images share a value.
    """
    fixed = require_varying(codes.factors, codes.factor_names, 2, "the FactorVAE score")
    variance = _variance(codes.codes, seed)
    active = np.sqrt(variance) >= least_deviation
    train, test = 0.0, 0.0
    if active.any():
        sets = [(codes.codes, codes.factors, train_votes), (codes.codes, codes.factors, test_votes)]
        if codes.codes_test is not None and codes.factors_test is not None:
            sets[1] = (codes.codes_test, codes.factors_test, test_votes)
        rngs = np.random.default_rng(seed).spawn(2)
        for_codes, against = (
            _votes(z[:, active], v, codes.factor_names, fixed, variance[active], count, batch, rng)
            for (z, v, count), rng in zip(sets, rngs, strict=True)
        )
        train, test = (_right(for_codes.argmax(axis=0), votes) for votes in (for_codes, against))
    return {
        "score": test,
        "train_accuracy": train,
        "chance": 1 / len(fixed),
        "active_codes": int(active.sum()),
        "factors": [codes.factor_names[j] for j in fixed],
    }


def _variance(codes: Floats, seed: int) -> NDArray[np.float64]:
    rows = draw_rows(len(codes), VARIANCE_POINTS, seed)
    return np.asarray(codes[rows].var(axis=0, ddof=1, dtype=np.float64))


def _votes(
    codes: Floats,
    factors: NDArray[np.integer[Any]],
    names: tuple[str, ...],
    fixed: list[int],
    variance: NDArray[np.float64],
    count: int,
    batch: int,
    rng: np.random.Generator,
) -> Votes:
    """How often each code moved least, relative to its variance, while each factor was fixed: (K, d)."""
    votes = np.zeros((len(fixed), codes.shape[1]), np.int64)
    shares = np.bincount(rng.integers(len(fixed), size=count), minlength=len(fixed))
    for k, (column, share) in enumerate(zip(fixed, shares, strict=True)):
        shared = SharedValue(factors[:, column], names[column])
        most = max(1, _CHUNK // (batch * codes.shape[1]))
        for start in range(0, share, most):
            rows = shared.batches(min(most, share - start), batch, rng)
            spread = codes[rows].var(axis=1, ddof=1, dtype=np.float64) / variance
            votes[k] += np.bincount(spread.argmin(axis=1), minlength=codes.shape[1])
    return votes


def _right(factor_of_code: Votes, votes: Votes) -> float:
    """The share of votes (K, d) that fell to the factor of their code (d,)."""
    return float(votes[factor_of_code, np.arange(votes.shape[1])].sum() / votes.sum())
