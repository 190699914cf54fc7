"""Recipes that are easily read wrong: each means what `traps/outcomes.json` says, or is refused where it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bvtk.errors import Problem, RecipeError
from bvtk.recipe import load_recipe, resolved

TRAPS = Path(__file__).parent / "traps"
OUTCOMES: dict[str, dict[str, Any] | list[str]] = json.loads((TRAPS / "outcomes.json").read_text(encoding="utf-8"))
"""By the name of a file: the values that it gives by dotted key, or all errors in it."""


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_trap_is_read_correctly_or_refused_at_its_place(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TRAPS)
    expected = OUTCOMES[name]
    if isinstance(expected, dict):
        recipe = resolved(load_recipe(f"{name}.yaml").recipe)
        found = {key: _at(recipe, key) for key in expected}
        assert repr(found) == repr(expected)  # 1, 1.0 and True are equal, and not the same
        return
    with pytest.raises(RecipeError) as caught:
        load_recipe(f"{name}.yaml")
    assert [_described(problem) for problem in caught.value.problems] == expected


def test_every_trap_has_an_outcome() -> None:
    assert {path.stem for path in TRAPS.glob("*.yaml")} == OUTCOMES.keys()
    assert len(OUTCOMES) >= 60


def _at(data: Any, key: str) -> Any:
    for part in key.split("."):
        data = data[int(part)] if isinstance(data, list) else data[part]
    return data


def _described(problem: Problem) -> str:
    """`file:line:column key: message`, and after a dash the hint; lists of names, which grow, are cut."""
    text = f"{problem.place} {problem.text}" + (f" — {problem.hint}" if problem.hint else "")
    return re.sub(r"(known|train it): .*", r"\1: …", text)
