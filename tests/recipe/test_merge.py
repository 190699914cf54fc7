from __future__ import annotations

from typing import Any

import pytest

from bvtk.recipe.marks import Mark, Source, marked
from bvtk.recipe.merge import expand_shorthand, merge

BASE, OVER = Mark(Source("base.yaml")), Mark(Source("over.yaml"))


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 4}, "e": 5}, {"a": 1, "b": {"c": 4, "d": 3}, "e": 5}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"type": "burgess", "hidden": 64}, {"type": "mlp"}, {"type": "mlp"}),
        ({"type": "burgess", "hidden": 64}, {"type": "burgess"}, {"type": "burgess", "hidden": 64}),
        ({"type": "burgess", "hidden": 64}, "mlp", {"type": "mlp"}),
        ({"type": "burgess", "hidden": 64}, "burgess", {"type": "burgess", "hidden": 64}),
        ("burgess", {"hidden": 64}, {"type": "burgess", "hidden": 64}),
        (4, {"value": 2}, {"type": "constant", "value": 2}),
        (4, {"type": "linear", "start": 0}, {"type": "linear", "start": 0}),
        ({"type": "linear", "start": 0}, 4, 4),
        ({"type": "constant", "value": 1}, 4, {"type": "constant", "value": 4}),
    ],
)
def test_mappings_merge_and_other_values_replace(base: Any, over: Any, merged: Any) -> None:
    assert merge(marked(base, BASE), marked(over, OVER)).plain() == merged


def test_each_value_keeps_its_place() -> None:
    merged = merge(marked({"a": 1, "b": 2}, BASE), marked({"b": 3}, OVER))
    assert [merged.value[key].mark for key in ("a", "b")] == [BASE, OVER]


def test_a_broken_part_makes_the_result_broken() -> None:
    base = marked({"a": 1}, BASE)
    broken = type(base)(base.value, base.mark, broken=True)
    assert merge(broken, marked({"b": 2}, OVER)).broken
    assert merge(base, type(base)({}, OVER, broken=True)).broken


@pytest.mark.parametrize("value", [True, None, [1], {"a": 1}])
def test_only_words_and_numbers_are_short_for_a_mapping(value: Any) -> None:
    node = marked(value, BASE)
    assert expand_shorthand(node) is node
