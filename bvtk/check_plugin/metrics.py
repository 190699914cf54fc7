"""Checks of metrics."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from bvtk.check_plugin.findings import Report, require
from bvtk.component import MetricSpec
from bvtk.protocols import Codes

SIZES = (3, 4, 5)
POINTS = 2000


def check_metric(report: Report, spec: MetricSpec) -> None:
    """Checks a metric on codes that are noisy factors."""
    where = f"for {POINTS} codes of {2 + len(SIZES)} dimensions and {len(SIZES)} factors"
    if found := report.tried(where, _score, spec):
        report.add("ok", f"scores codes that are noisy factors: {found['score']:.4g}")
        report.holds("its score depends only on codes and seed", _check_repeatability, spec, found, where=where)


def _codes() -> Codes:
    random = np.random.default_rng(0)
    factors = np.stack([random.integers(size, size=POINTS) for size in SIZES], axis=1)
    signal = factors + random.normal(scale=0.1, size=factors.shape)
    codes = np.concatenate([signal, random.normal(size=(POINTS, 2))], axis=1)
    return Codes(codes, factors, tuple(f"factor_{i}" for i in range(len(SIZES))))


def _score(spec: MetricSpec) -> dict[str, Any]:
    result = spec.build()(_codes(), 0)
    require(isinstance(result, dict) and "score" in result, f"returned {result!r}, expected a dict with a 'score'")
    score = result["score"]
    require(isinstance(score, int | float), f"'score' is {type(score).__name__}, expected a Python float")
    require(math.isfinite(score), f"'score' is {score}: raise a UsageError if there is no score")
    try:
        json.dumps(result, allow_nan=False)
    except (TypeError, ValueError) as error:
        require(False, f"returned a value that JSON can't represent: {error}")
    return result


def _check_repeatability(spec: MetricSpec, first: dict[str, Any]) -> None:
    same = _score(spec) == first
    require(same, "returned another score for the same codes and seed: draw only from the seed")
