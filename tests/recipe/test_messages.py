from __future__ import annotations

from typing import Any

import pytest

from bvtk.recipe.marks import Mark, Node, Source, marked
from bvtk.recipe.messages import article, describe, fix_for, message


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        (None, "null"),
        (True, "true"),
        (1e-9, "1.0e-09"),
        (float("nan"), ".nan"),
        ("x\x1b", "'x\\x1b'"),
        ("x" * 100, f"'{'x' * 60}…'"),
    ],
)
def test_values_are_named_as_yaml_writes_them(value: object, said: str) -> None:
    assert describe(marked(value, Mark(Source("")))) == said


@pytest.mark.parametrize(
    ("kind", "context", "said"),
    [
        ("multiple_of", {"multiple_of": 8}, "must be a multiple of 8, found 3"),
        ("less_than_equal", {"le": 0.5}, "must be at most 0.5, found 3"),
        ("string_pattern_mismatch", {"pattern": "^a"}, "must match ^a, found 3"),
        ("too_short", {"min_length": 1, "actual_length": 0}, "must have at least 1 item, found 0"),
        ("value_error", {"error": ValueError("the sun is down")}, "the sun is down"),
        ("weather", {}, "otherwise"),
        ("int", {}, "otherwise"),
        ("describe", {}, "otherwise"),
        ("slot", {"other": 1}, "otherwise"),
        ("greater_than", {}, "otherwise"),
    ],
)
def test_errors_that_a_plugin_makes_keep_their_own_words(kind: str, context: dict[str, object], said: str) -> None:
    assert message(kind, context, "3", "otherwise") == said


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("int_type", "3", ""),
        ("int_type", 1e300, ""),
        ("int_from_float", 3.0, "write 3"),
        ("bool_type", "maybe", ""),
        ("bool_type", "Off", "write false"),
        ("literal_error", 5, ""),
        ("string_type", 7, 'write "7" to make it text'),
    ],
)
def test_what_would_be_right_is_said_unless_it_would_be_a_guess(kind: str, value: Any, said: str) -> None:
    assert fix_for(kind, Node(value, Mark(Source("x")))) == said


def test_text_is_proposed_as_it_was_written() -> None:
    mark = Mark(Source("r.yaml", "name: 007\n"), 1, 7, 3)
    assert fix_for("string_type", Node(7, mark)) == 'write "007" to make it text'


def test_articles() -> None:
    assert [article(noun) for noun in ("encoder", "objective", "model")] == ["an encoder", "an objective", "a model"]
