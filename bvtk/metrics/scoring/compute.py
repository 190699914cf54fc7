"""Computes several metrics on one representation."""

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
    """Computes metrics on one representation, which is checked first.

    Every metric draws from the seed independently, so that its score does not depend on the others.

    Returns:
        One entry per metric, by the keys of `keys`: JSON values, the headline figure as `score`.

    Raises:
        UsageError: if the arrays can't be scored.
        BvtkError: if a score is not finite, or not a JSON value.
    """
    checked = check_codes(codes)
    _reject_real_factors(checked, metrics)
    return {key: checked_result(key, spec.build()(checked, seed)) for key, spec in keys(metrics).items()}


def score_each(
    codes: Codes, metrics: Sequence[MetricSpec], seed: int
) -> tuple[dict[str, dict[str, Any]], dict[str, UsageError]]:
    """Like `score`, but a metric that can't score these arrays does not stop the others.

    Returns:
        The entries of the metrics that could be computed, and by key the errors of the others.

    Raises:
        UsageError: if no metric can score the arrays.
        BvtkError: if a score is not finite, or not a JSON value.
    """
    checked = check_codes(codes)
    scores: dict[str, dict[str, Any]] = {}
    errors: dict[str, UsageError] = {}
    for key, spec in keys(metrics).items():
        try:
            _reject_real_factors(checked, [spec])
            scores[key] = checked_result(key, spec.build()(checked, seed))
        except UsageError as error:
            errors[key] = error
    return scores, errors


def checked_result(key: str, result: dict[str, Any]) -> dict[str, Any]:
    """The result of a metric, unchanged.

    Raises:
        BvtkError: if it contains a number that is not finite, or something that is not a JSON value.
    """
    try:
        json.dumps(result, allow_nan=False)
    except ValueError as error:
        raise BvtkError(f"{key}: the score is not finite: {result}", "check the codes that were scored") from error
    except TypeError as error:
        raise BvtkError(
            f"{key}: the score is not a JSON value: {error}", "return plain numbers, lists and strings"
        ) from error
    return result


def _reject_real_factors(codes: Codes, metrics: Sequence[MetricSpec]) -> None:
    names = [spec.component for spec in metrics if not spec.takes_real_factors]
    if names and codes.factors.dtype.kind == "f":
        raise UsageError(
            f"factors: expected the values of each factor numbered from 0 ({', '.join(names)}), found real numbers",
            "use factors.astype(int) if they are numbered, else numpy.unique(column, return_inverse=True)[1] for each "
            "column; sap and infomec take real numbers with continuous_factors, modularity with factor_bins",
        )
