from __future__ import annotations

import pytest

from bvtk.recipe.type_descriptions import describe_type, expected_at
from tests.recipe.conftest import Toy


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("width", "an integer more than 0"),
        ("mode", "'fast' or 'slow'"),
        ("sizes", "a list, each an integer more than 0"),
        ("pair", "a list of an integer and a number"),
        ("scale", "a number more than 0 or 'learned'"),
        ("share", "a number at least 0 and less than 1"),
        ("label", "text"),
        ("flag", "true or false"),
        ("weight", "a number at least 0, or a schedule"),
        ("inner", "an encoder or null"),
        ("parts", "a list, each an encoder"),
        ("none", ""),
    ],
)
def test_fields_are_described_in_plain_words(field: str, said: str) -> None:
    assert expected_at(Toy, field) == said


def test_what_has_no_form_takes_anything() -> None:
    assert describe_type({}) == "anything"
    assert describe_type({"$ref": "#/x"}) == "a mapping"
    assert expected_at(None, "x") == ""
