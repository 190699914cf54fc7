from __future__ import annotations

from pydantic import Field

from bvtk.component import Spec
from bvtk.docstrings import describe_fields


class Base(Spec):
    inherited: int = 1
    """From the base."""


class Child(Base):
    own: int = 2
    """Its own,
    over two lines."""

    given: int = Field(default=3, description="Given.")
    """Not this."""

    bare: int = 4


def test_the_texts_below_fields_become_their_descriptions() -> None:
    describe_fields(Child)
    found = {name: field.description for name, field in Child.model_fields.items()}
    assert found == {
        "inherited": "From the base.",
        "own": "Its own,\nover two lines.",
        "given": "Given.",
        "bare": None,
    }
    assert Child.model_json_schema()["properties"]["own"]["description"] == "Its own,\nover two lines."


def test_a_class_without_source_has_none() -> None:
    made: type[Spec] = type("Made", (Spec,), {"__annotations__": {"x": int}, "x": 1})
    describe_fields(made)
    assert made.model_fields["x"].description is None


class Part(Spec):
    size: int = 1
    """How large."""


class Whole(Spec):
    parts: dict[str, list[Part]] = Field(default_factory=dict)
    """What it is made of."""


def test_a_schema_has_the_texts_of_what_a_class_holds_whichever_is_asked_for_first() -> None:
    describe_fields(Whole)
    describe_fields(Part)
    schema = Whole.model_json_schema()
    assert schema["$defs"]["Part"]["properties"]["size"]["description"] == "How large."
