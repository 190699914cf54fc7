"""How much each score can change if codes and labels are transformed, one line per metric.

A number is how much the score can change beyond rounding. `None` is no bound: the metric depends on the scale of codes,
or draws other points.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bvtk.cli.named import component_named
from bvtk.component import metrics
from bvtk.plugins import discover
from bvtk.protocols import Codes
from bvtk.registry import BUILT_IN
from tests.metrics.reference import case

discover(installed=False)


class Moves(NamedTuple):
    """How much a score can change, by transformation."""

    order: float | None = 0.0
    """codes in another order"""
    signs: float | None = 0.0
    """some codes flipped"""
    scale: float | None = 0.0
    """one code times a power of two"""
    dead: float | None = 0.0
    """an additional constant code"""
    labels: float | None = 0.0
    """other numbers for the values of each factor"""


QUICK = "train_points=1000,test_points=1000,pairs=32"
TABLE = {  # the bins of a flipped code are closed on the other side, so points on an edge can change their bin
    f"beta_vae_score:protocol=dlib,{QUICK}": Moves(signs=0.01, order=0.01, dead=0.01, scale=None, labels=None),
    "factor_vae_score:train_votes=1000,test_votes=1000": Moves(scale=None, labels=None),
    "mig": Moves(signs=5e-3),
    "modularity_explicitness": Moves(signs=0.02, dead=None),  # a constant code counts as 0
    "irs": Moves(scale=None),  # codes are weighted by their largest deviation
    "infomec": Moves(scale=None),  # codes of narrow range are not active
    "sap": Moves(signs=0.01, scale=None),  # the classifier is regularised
    "dci:rounds=2": Moves(order=0.01, signs=0.01, dead=0.01, labels=0.01),  # equally good splits are chosen at random
    "downstream:rounds=2": Moves(order=0.03, signs=0.03, dead=0.03, labels=0.03),  # as above
}
EXAMPLES = settings(max_examples=4, deadline=None, derandomize=True)


def promised(kind):
    """The metrics with a bound for this transformation."""
    return [metric for metric, moves in TABLE.items() if getattr(moves, kind) is not None]


def points():
    """300 images of the rotated reference, and 150 to test on."""
    whole = case("rotated_dsprites").codes
    return Codes(
        whole.codes[:300], whole.factors[:300], whole.factor_names, whole.codes_test[:150], whole.factors_test[:150]
    )


@cache
def usual(metric):
    return component_named("--metric", metric, metrics).build()(points(), 0)["score"]


def check(metric, kind, codes=lambda z: z, factors=lambda v: v):
    """Compares the score of transformed points with that of the original ones."""
    may = getattr(TABLE[metric], kind)
    p = points()
    changed = Codes(codes(p.codes), factors(p.factors), p.factor_names, codes(p.codes_test), factors(p.factors_test))
    assert component_named("--metric", metric, metrics).build()(changed, 0)["score"] == pytest.approx(
        usual(metric), abs=may + 1e-9
    )


@pytest.mark.parametrize("metric", promised("order"))
@EXAMPLES
@given(st.permutations(range(10)))
def test_the_order_of_codes(metric, order):
    check(metric, "order", lambda z: z[:, order])


@pytest.mark.parametrize("metric", promised("signs"))
@EXAMPLES
@given(st.lists(st.sampled_from([-1.0, 1.0]), min_size=10, max_size=10))
def test_the_signs_of_codes(metric, signs):
    check(metric, "signs", lambda z: z * np.array(signs))


@pytest.mark.parametrize("metric", promised("scale"))
@EXAMPLES
@given(st.integers(0, 9), st.integers(-4, 4))
def test_the_scale_of_one_code(metric, code, power):
    check(metric, "scale", lambda z: z * np.where(np.arange(10) == code, 2.0**power, 1.0))


@pytest.mark.parametrize("metric", promised("dead"))
@EXAMPLES
@given(st.integers(0, 10), st.floats(-3, 3))
def test_a_dead_code(metric, place, value):
    check(metric, "dead", lambda z: np.insert(z, place, value, axis=1))


@pytest.mark.parametrize("metric", promised("labels"))
@EXAMPLES
@given(st.randoms(use_true_random=False))
def test_the_numbers_of_factor_values(metric, random):
    numbers = [np.array(random.sample(range(64), 40)) for _ in range(5)]
    check(metric, "labels", factors=lambda v: np.stack([numbers[j][v[:, j]] for j in range(5)], axis=1))


def test_every_metric_that_needs_factors_is_here():
    built_in = {e.name for e in metrics.entries() if e.origin == BUILT_IN and e.item.needs_factors}
    assert built_in == {metric.partition(":")[0] for metric in TABLE}
