"""Specs and slots, with components for these tests."""

import math
from typing import Annotated

import pytest
from pydantic import BaseModel, PositiveInt, TypeAdapter, ValidationError

from bvtk.component import ScheduleSpec, Slot, Spec, dump, one_error, parse
from bvtk.docstrings import describe_fields
from bvtk.registry import Registry


class PartSpec(Spec):
    """Base of the parts."""


class Curve(ScheduleSpec):
    """Base of the schedules."""

    value: float = 0.0
    """Its value."""

    def value_at(self, step, training_steps):
        return self.value

    def bounds(self):
        return (min(self.value, 0.0), max(self.value, 0.0))


parts: Registry[PartSpec] = Registry("part")
curves: Registry[Curve] = Registry("schedule")


def register(registry, name):
    def decorate(item):
        registry.register(name)(item)
        item.component = name
        return item

    return decorate


@register(parts, "wheel")
class Wheel(PartSpec):
    """A wheel."""

    spokes: PositiveInt = 8
    """How many."""

    sizes: tuple[PositiveInt, ...] = ()
    """Several numbers."""

    flat: bool = False
    """Whether it needs air."""


@register(parts, "axle")
class Axle(PartSpec):
    """Two wheels."""

    left: Annotated[PartSpec, Slot(parts)] = Wheel()
    """One."""

    others: tuple[Annotated[PartSpec, Slot(parts)], ...] = ()
    """More."""


register(curves, "constant")(Curve)


class Car(BaseModel):
    """A class like a recipe."""

    part: Annotated[PartSpec, Slot(parts)]
    weight: Annotated[ScheduleSpec, Slot(curves, number="constant", bounds=(0.0, math.inf))] = Curve()
    rate: Annotated[ScheduleSpec, Slot(curves, number="constant", bounds=(-1.0, 1.0))] = Curve()


def errors(data, model=Car):
    with pytest.raises(ValidationError) as caught:
        parse(model, data)
    return [(".".join(map(str, e["loc"])), e["msg"]) for e in caught.value.errors()]


def test_a_slot_takes_a_name_a_mapping_or_a_spec():
    assert parse(Car, {"part": "wheel"}).part == Wheel()
    assert parse(Car, {"part": {"type": "wheel", "spokes": 3}}).part == Wheel(spokes=3)
    assert Car(part=Wheel(spokes=3)).part == Wheel(spokes=3)


def test_a_slot_may_take_a_number():
    assert parse(Car, {"part": "wheel", "weight": 3}).weight == Curve(value=3.0)
    assert errors({"part": 3}) == [("part", "expected a part: its name or a mapping with 'type'")]


@pytest.mark.parametrize("weight", [True, None, [1]])
def test_values_that_are_not_components_are_refused(weight):
    expected = "expected a schedule: its name or a mapping with 'type', or a number"
    assert errors({"part": "wheel", "weight": weight}) == [("weight", expected)]


def test_paths_of_errors_are_plain_keys():
    data = {"part": {"type": "axle", "left": {"type": "wheel", "spoks": 3}, "others": ["wheel", {"type": "whel"}]}}
    assert errors(data) == [
        ("part.left.spoks", "Extra inputs are not permitted"),
        ("part.others.1", "unknown part 'whel', did you mean 'wheel'?"),
    ]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("whele", "unknown part 'whele', did you mean 'wheel'?"),
        ({"spokes": 3}, "a part needs a 'type', known: axle, wheel"),
        ({"type": 3}, "a part needs a 'type', known: axle, wheel"),
    ],
)
def test_unknown_types_get_a_suggestion(part, message):
    assert errors({"part": part}) == [("part", message)]


@pytest.mark.parametrize("value", ["3", 3.0, True, None, [3]])
def test_numbers_are_strict(value):
    (found,) = errors({"spokes": value}, Wheel)
    assert found[0] == "spokes"


@pytest.mark.parametrize("value", [0, 1, "yes", "true"])
def test_booleans_are_strict(value):
    assert errors({"flat": value}, Wheel) == [("flat", "Input should be a valid boolean")]


def test_only_a_list_becomes_a_tuple():
    assert parse(Wheel, {"sizes": [1, 2]}).sizes == (1, 2)
    assert errors({"sizes": 3}, Wheel) == [("sizes", "Input should be a valid array")]
    assert errors({"sizes": [1, 2.5]}, Wheel) == [("sizes.1", "Input should be a valid integer")]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_are_finite(value):
    (found,) = errors({"value": value}, Curve)
    assert found[0] == "value"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("weight", -3, "must be at least 0, found -3 to 0"),
        ("rate", 2, "must be between -1 and 1, found 0 to 2"),
    ],
)
def test_schedules_are_checked_against_bounds(key, value, message):
    assert errors({"part": "wheel", key: value}) == [(key, message)]


def test_a_spec_of_another_kind_is_refused():
    with pytest.raises(ValidationError, match="Curve is not a registered part"):
        Car(part=Curve())


def test_dump_is_as_in_a_recipe():
    dumped = dump(parse(Axle, {"left": {"type": "wheel", "spokes": 3}, "others": ["axle"]}))
    wheel = {"type": "wheel", "spokes": 8, "sizes": [], "flat": False}
    assert dumped == {
        "type": "axle",
        "left": wheel | {"spokes": 3},
        "others": [{"type": "axle", "left": wheel, "others": []}],
    }
    assert dump(parse(Car, {"part": dumped}).part) == dumped


def test_specs_are_frozen():
    with pytest.raises(ValidationError):
        Wheel().spokes = 3


def test_field_docstrings_are_their_descriptions():
    describe_fields(Wheel)
    assert Wheel.model_fields["spokes"].description == "How many."


@pytest.mark.parametrize("value", ["x", [], [1], [1, "b"], None])
def test_one_error_for_a_whole_field(value):
    adapter = TypeAdapter(Annotated[tuple[str, str] | int, one_error("two names or a number")])
    assert adapter.validate_python(3) == 3
    assert adapter.validate_python(["a", "b"]) == ("a", "b")
    with pytest.raises(ValidationError, match="expected two names or a number") as error:
        adapter.validate_python(value)
    assert error.value.error_count() == 1
