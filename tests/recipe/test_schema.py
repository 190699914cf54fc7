from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import ValidationError

from bvtk.docstrings import describe_fields
from bvtk.recipe import Recipe, Training, resolved
from tests.recipe.conftest import COMPLETE, Load


def test_keys_have_the_documented_order() -> None:
    assert list(Recipe.model_fields) == [
        *("name", "seed", "dataset", "model", "objective", "training", "metrics", "sweep"),
    ]
    assert list(Training.model_fields)[:3] == ["steps", "batch_size", "optimizer"]


def test_every_key_is_documented() -> None:
    for section in (Recipe, Training):
        describe_fields(section)
        assert all(field.description for field in section.model_fields.values())


@pytest.mark.parametrize("name", ["a", "A-b_c.9", "x" * 64, "..a", "'017'"])
def test_names_that_are_safe_in_a_path(load: Load, name: str) -> None:
    assert load(COMPLETE.replace("name: toy", f"name: {name}")).recipe.name == name.strip("'")


@pytest.mark.parametrize("name", ["'.'", "'..'", "'...'", "a/b", "''", "a b", "ü", '"a\\n"', "x" * 65, "../x", "٣"])
def test_names_that_are_not(errors: Callable[..., list[str]], name: str) -> None:
    assert errors(COMPLETE.replace("name: toy", f"name: {name}"))


@pytest.mark.parametrize(
    "setting",
    ["steps: 0", "held_out: 0", "gradient_clip: null", "gradient_clip: 1", "evaluate_every: 0", "precision: bf16"],
)
def test_settings_at_their_bounds(load: Load, setting: str) -> None:
    load(COMPLETE.replace("steps: 5", "steps: 5" if setting.startswith("steps") else f"steps: 5\n  {setting}"))


@pytest.mark.parametrize(
    "setting",
    ["batch_size: 0", "held_out: 1", "held_out: -0.1", "gradient_clip: 0", "keep: 0", "log_every: 0", "compile: 1"],
)
def test_settings_past_their_bounds(errors: Callable[..., list[str]], setting: str) -> None:
    assert len(errors(COMPLETE.replace("steps: 5", f"steps: 5\n  {setting}"))) == 1


def test_a_recipe_is_frozen_and_dumps_with_types(load: Load) -> None:
    recipe = load(COMPLETE).recipe
    with pytest.raises(ValidationError):
        recipe.seed = 3
    assert resolved(recipe)["model"]["encoder"]["weight"] == {"type": "constant", "value": 1.0}
