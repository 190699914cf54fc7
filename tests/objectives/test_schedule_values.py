import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bvtk.component import parse, schedules


def at(name, step, **fields):
    """The value of a schedule at a step."""
    return parse(schedules.get(name), fields).build(1000)(step)


RAMPS = {name: partial(at, name) for name in ("linear", "cosine", "sigmoid")}


def test_constant_ignores_the_step():
    assert [at("constant", step, value=4.0) for step in (0, 1, 10**9)] == [4.0, 4.0, 4.0]


@pytest.mark.parametrize("name", RAMPS)
def test_ramps_are_exact_at_both_ends_and_constant_after(name):
    ends = {"start": 0.1, "end": 0.7, "steps": 100}
    assert [RAMPS[name](step, **ends) for step in (0, 100, 101, 10**9)] == [0.1, 0.7, 0.7, 0.7]


@pytest.mark.parametrize("name", RAMPS)
def test_ramps_of_length_0_are_at_their_end(name):
    assert RAMPS[name](0, start=1.0, end=4.0, steps=0) == 4.0


@pytest.mark.parametrize("name", RAMPS)
def test_ramps_pass_the_middle_halfway(name):
    assert RAMPS[name](50, start=1.0, end=3.0, steps=100) == pytest.approx(2.0)


def test_linear_is_a_straight_line():
    assert at("linear", 25, start=0.0, end=8.0, steps=100) == pytest.approx(2.0)
    assert at("linear", 25, start=8.0, end=0.0, steps=100) == pytest.approx(6.0)


def test_cosine_starts_slowly():
    third = at("cosine", 1, start=0.0, end=1.0, steps=3)
    assert third == pytest.approx(0.25)  # (1 − cos 60°) / 2


def test_sigmoid_against_the_logistic_function():
    # Slope 2 around the middle: σ(−1) … σ(1), at a quarter σ(−0.5).
    first, last, quarter = (1 / (1 + math.exp(-x)) for x in (-1, 1, -0.5))
    value = at("sigmoid", 25, start=0.0, end=1.0, steps=100, midpoint=0.5, slope=2)
    assert value == pytest.approx((quarter - first) / (last - first))


def test_sigmoid_with_other_midpoints_and_extreme_slopes():
    early = at("sigmoid", 30, start=0.0, end=1.0, steps=100, midpoint=0.3, slope=1e6)
    assert early == pytest.approx(0.5)
    assert at("sigmoid", 29, start=0.0, end=1.0, steps=100, midpoint=0.3, slope=1e6) == 0.0
    assert at("sigmoid", 31, start=0.0, end=1.0, steps=100, midpoint=0.3, slope=1e6) == 1.0


def cyclical(step, **changes):
    return at("cyclical", step, **({"start": 0.0, "end": 4.0, "steps": 80, "cycles": 4, "ramp": 0.5} | changes))


def test_cyclical_rises_over_the_first_half_of_each_cycle():
    one = [0.0, 0.4, 0.8, 1.2, 1.6, 2.0, 2.4, 2.8, 3.2, 3.6] + [4.0] * 10
    assert [cyclical(step) for step in range(80)] == pytest.approx(one * 4)


def test_cyclical_ends_on_its_plateau():
    assert [cyclical(step) for step in (79, 80, 81, 10**9)] == [4.0] * 4


def test_cyclical_corners():
    assert cyclical(0, steps=0) == 4.0
    assert cyclical(0, ramp=0.0) == 4.0
    assert cyclical(19, ramp=1.0) == pytest.approx(3.8)
    assert cyclical(20, ramp=1.0) == 0.0
    # Cycles need not be a whole number of steps: the second of three begins at 10/3.
    assert cyclical(4, steps=10, cycles=3, ramp=1.0) == pytest.approx(4 * 0.2)


def test_staircase_rises_in_equal_steps_to_its_end():
    stairs = {"start": 0.5, "end": 1.0, "rise": 0.2, "every": 10}
    wanted = {0: 0.5, 9: 0.5, 10: 0.7, 19: 0.7, 20: 0.9, 29: 0.9, 30: 1.0, 10**9: 1.0}
    assert {step: at("staircase", step, **stairs) for step in wanted} == pytest.approx(wanted)


def test_staircase_can_fall():
    stairs = {"start": 1.0, "end": 0.0, "rise": 0.4, "every": 1}
    assert [at("staircase", step, **stairs) for step in range(5)] == pytest.approx([1.0, 0.6, 0.2, 0.0, 0.0])


def test_piecewise_connects_its_points_and_is_constant_outside():
    points = [(10, 1.0), (20, 3.0), (40, 0.0)]
    wanted = {0: 1.0, 10: 1.0, 15: 2.0, 20: 3.0, 30: 1.5, 40: 0.0, 41: 0.0, 10**9: 0.0}
    assert {step: at("piecewise", step, points=points) for step in wanted} == wanted


def test_piecewise_of_one_point_is_constant():
    assert [at("piecewise", step, points=[(5, 2.0)]) for step in (0, 5, 6)] == [2.0] * 3


@given(
    st.integers(0, 10**7),
    st.integers(0, 10**6),
    st.floats(-1e6, 1e6),
    st.floats(-1e6, 1e6),
    st.sampled_from(["linear", "cosine", "sigmoid", "cyclical"]),
)
def test_no_value_lies_outside_the_ends(step, steps, start, end, name):
    ends = {"start": start, "end": end, "steps": steps}
    value = at("cyclical", step, **ends, cycles=4, ramp=0.5) if name == "cyclical" else RAMPS[name](step, **ends)
    slack = 1e-9 * (abs(start) + abs(end))
    assert min(start, end) - slack <= value <= max(start, end) + slack
