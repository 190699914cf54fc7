"""Several metrics on one representation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bvtk.component import MetricSpec
from bvtk.errors import BvtkError, UsageError
from bvtk.metrics.scoring.arrays import check_codes
from bvtk.metrics.scoring.keys import keys
from bvtk.protocols import Codes


def score(codes: Codes, metrics: Sequence[MetricSpec], seed: int) -> dict[str, dict[str, Any]]:
    """Computes metrics on one representation.

    Args:
        codes: the representation, checked before anything is computed.
        metrics: which metrics, and how; one that is listed twice alike is computed once.
        seed: every metric draws from it independently, so that its score does not depend on the others.

    Returns:
        One entry a metric, by the keys that `keys` gives: JSON values, the headline figure as `score`.

    Raises:
        UsageError: where the arrays can't be scored.
        BvtkError: where a score is not finite, or no JSON value.
    """
    checked = check_codes(codes)
    _refuse_real_factors(checked, metrics)
    return {key: checked_result(key, spec.build()(checked, seed)) for key, spec in keys(metrics).items()}


def score_each(
    codes: Codes, metrics: Sequence[MetricSpec], seed: int
) -> tuple[dict[str, dict[str, Any]], dict[str, UsageError]]:
    """The same where one metric that can't score these data must not cost the scores of the others.

    Returns:
        The entries of those that can, and by key what was said by those that can't.

    Raises:
        UsageError: where the arrays themselves can't be scored.
        BvtkError: where a score is not finite, or no JSON value.
    """
    checked = check_codes(codes)
    found: dict[str, dict[str, Any]] = {}
    refused: dict[str, UsageError] = {}
    for key, spec in keys(metrics).items():
        try:
            _refuse_real_factors(checked, [spec])
            found[key] = checked_result(key, spec.build()(checked, seed))
        except UsageError as error:
            refused[key] = error
    return found, refused


def _refuse_real_factors(codes: Codes, metrics: Sequence[MetricSpec]) -> None:
    """Says which metrics need factors whose values are numbered, where these are not."""
    refused = [spec.component for spec in metrics if not spec.takes_real_factors]
    if refused and codes.factors.dtype.kind == "f":
        raise UsageError(
            f"factors: found real numbers, and {', '.join(refused)} needs the values of each factor numbered from 0",
            "factors.astype(int) where they are numbered, or numpy.unique(column, return_inverse=True)[1] of each "
            "column; sap and infomec take real numbers with continuous_factors, modularity with factor_bins",
        )


def checked_result(key: str, result: dict[str, Any]) -> dict[str, Any]:
    """A result as it is, if all its numbers are finite.

    Raises:
        BvtkError: where one is not, or is no JSON value.
    """
    try:
        json.dumps(result, allow_nan=False)
    except ValueError as error:
        raise BvtkError(f"{key}: the score is not finite: {result}", "look at the codes that it was given") from error
    except TypeError as error:
        raise BvtkError(f"{key}: the score is no JSON value: {error}", "give plain numbers, lists and text") from error
    return result
