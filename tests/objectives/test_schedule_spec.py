import pytest
from pydantic import ValidationError

from bvtk.component import dump, objectives, parse, schedules

SPANNING = ["cosine", "cyclical", "linear", "sigmoid"]


def schedule(name, **fields):
    return parse(schedules.get(name), fields)


@pytest.mark.parametrize("name", SPANNING)
def test_without_steps_a_schedule_spans_the_training(name):
    spec = schedule(name, end=4)
    assert spec.build(200)(200) == spec.build(1000)(1000) == 4.0
    assert spec.build(1000)(1) < 0.1


@pytest.mark.parametrize("name", SPANNING)
def test_steps_override_the_length_of_the_training(name):
    built = schedule(name, start=1, end=2, steps=10).build(1000)
    assert (built(0), built(10), built(500)) == (1.0, 2.0, 2.0)


@pytest.mark.parametrize("name", SPANNING)
def test_bounds_are_the_ends_in_order(name):
    assert schedule(name, start=3, end=-1).bounds() == (-1.0, 3.0)


def test_bounds_of_constant_and_piecewise():
    assert schedule("constant", value=2).bounds() == (2.0, 2.0)
    assert schedule("piecewise", points=[[0, 5], [10, -1], [20, 3]]).bounds() == (-1.0, 5.0)


def test_staircase_from_a_recipe():
    spec = schedule("staircase", start=0.5, end=18, rise=0.15, every=5000)
    assert spec.bounds() == (0.5, 18.0)
    built = spec.build(10)
    assert [built(step) for step in (0, 5000, 10**6)] == pytest.approx([0.5, 0.65, 18.0])


def test_piecewise_from_a_recipe():
    built = schedule("piecewise", points=[[0, 0], [1000, 4]]).build(5000)
    assert [built(step) for step in (0, 250, 1000, 4000)] == [0.0, 1.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([], "expected at least one pair of step and value"),
        ([[0, 0], [100, 1], [100, 2]], "steps must be in ascending order, found 100 after 100"),
        ([[100, 0], [0, 1]], "steps must be in ascending order, found 0 after 100"),
    ],
)
def test_piecewise_refuses_points_in_the_wrong_order(points, message):
    with pytest.raises(ValidationError) as caught:
        schedule("piecewise", points=points)
    assert [(e["loc"], e["msg"]) for e in caught.value.errors()] == [(("points",), message)]


@pytest.mark.parametrize("points", [[[0.5, 1]], [[True, 1]], [[-1, 1]], [[0, 1, 2]], [["0", 1]]])
def test_piecewise_refuses_points_that_are_not_pairs_of_numbers(points):
    with pytest.raises(ValidationError) as caught:
        schedule("piecewise", points=points)
    assert all(e["loc"][:2] == ("points", 0) for e in caught.value.errors())


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("sigmoid", {"end": 1, "midpoint": 0}),
        ("sigmoid", {"end": 1, "slope": 0}),
        ("cyclical", {"end": 1, "cycles": 0}),
        ("cyclical", {"end": 1, "ramp": 1.5}),
        ("linear", {"end": 1, "steps": -1}),
        ("staircase", {"end": 1, "rise": 0, "every": 1}),
        ("staircase", {"end": 1, "rise": 1, "every": 0}),
    ],
)
def test_fields_out_of_range_are_refused(name, fields):
    with pytest.raises(ValidationError):
        schedule(name, **fields)


@pytest.mark.parametrize(
    ("beta", "message"),
    [
        (-1, "must be at least 0, found -1"),
        ({"type": "linear", "start": -2, "end": 4}, "must be at least 0, found -2 to 4"),
        ({"type": "piecewise", "points": [[0, 1], [5, -3], [9, 1]]}, "must be at least 0, found -3 to 1"),
    ],
)
def test_beta_is_never_negative(beta, message):
    with pytest.raises(ValidationError) as caught:
        parse(objectives.get("beta_vae"), {"beta": beta})
    assert [(e["loc"], e["msg"]) for e in caught.value.errors()] == [(("beta",), message)]


@pytest.mark.parametrize("name", [*SPANNING, "constant", "piecewise"])
def test_specs_survive_a_round_trip_through_a_recipe(name):
    fields = {"constant": {"value": 2}, "piecewise": {"points": [[0, 1], [5, 2]]}}.get(name, {"end": 3, "steps": 7})
    spec = schedule(name, **fields)
    said = dump(spec)
    assert said.pop("type") == name
    assert schedule(name, **said) == spec
