"""What a correct implementation returns for representations with known scores, one line per value.

Perfect: code i is factor i. Uninformative: codes that are independent of the factors. Duplicated: each factor is in two
of ten codes. Each value must be between two bounds.
"""

from functools import cache

import numpy as np
import pytest

from bvtk.cli.named import component_named
from bvtk.component import metrics
from bvtk.plugins import discover
from bvtk.registry import BUILT_IN
from tests.metrics.representations import duplicated, perfect, uninformative

discover(installed=False)

HIGH, LOW = (0.9, 1.0), (0.0, 0.2)
CHANCE = (0.15, 0.25)
"""Five factors with ten values each: one in five is correct by chance."""
QUICK = "train_points=1500,test_points=1500,pairs=64"

BOOSTED = "rounds=10,train_points=1000"

KINDS = {"perfect": perfect, "uninformative": uninformative, "duplicated": duplicated}

TABLE = {  # metric and entry: lower and upper bound for each kind
    (f"beta_vae_score:{QUICK}", "score"): (HIGH, CHANCE, HIGH),
    (f"beta_vae_score:protocol=dlib,{QUICK}", "score"): (HIGH, CHANCE, HIGH),
    ("factor_vae_score", "score"): (HIGH, CHANCE, HIGH),
    ("mig", "score"): (HIGH, (0.0, 0.02), (0.0, 0.1)),
    # Modularity and IRS are meaningless for noise, as published: even if a code knows little, one share is largest.
    ("modularity_explicitness", "modularity"): (HIGH, (0.0, 0.35), HIGH),
    ("modularity_explicitness", "explicitness"): (HIGH, (0.47, 0.53), HIGH),
    ("irs", "score"): (HIGH, (0.25, 0.4), HIGH),
    ("infomec", "modularity"): (HIGH, (0.0, 0.7), HIGH),
    ("infomec", "compactness"): (HIGH, (0.0, 0.7), (0.43, 0.46)),  # (1/2 − 1/10) / (1 − 1/10)
    ("infomec", "explicitness"): (HIGH, (0.0, 0.02), HIGH),
    # A linear classifier on one code recognises the two outer of ten values; chance is one in ten: 2/10 − 1/10.
    ("sap:train_points=1000", "score"): ((0.08, 0.12), (0.0, 0.05), (0.0, 0.01)),
    (f"dci:{BOOSTED}", "disentanglement"): (HIGH, LOW, HIGH),
    (f"dci:{BOOSTED}", "completeness"): (HIGH, LOW, (0.6, 0.8)),  # 1 − log 2 / log 10
    (f"dci:{BOOSTED}", "informativeness"): (HIGH, (0.05, 0.15), HIGH),
    ("downstream:rounds=5", "score"): (HIGH, (0.05, 0.15), HIGH),
}
METRICS = {metric for metric, _ in TABLE}


@cache
def scored(metric, kind):
    return component_named("--metric", metric, metrics).build()(KINDS[kind](), 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("metric", "part"), TABLE)
def test_known_representations(metric, part, kind):
    least, most = dict(zip(KINDS, TABLE[metric, part], strict=True))[kind]
    assert least - 1e-9 <= scored(metric, kind)[part] <= most + 1e-9


def test_every_metric_that_needs_factors_is_calibrated():
    built_in = {e.name for e in metrics.entries() if e.origin == BUILT_IN and e.item.needs_factors}
    assert built_in == {metric.partition(":")[0] for metric in METRICS}


def test_no_metric_changes_its_input():
    given = perfect(n=300)
    codes, factors = given.codes.copy(), given.factors.copy()
    for name in METRICS:
        component_named("--metric", name, metrics).build()(given, 0)
    np.testing.assert_array_equal(given.codes, codes)
    np.testing.assert_array_equal(given.factors, factors)
