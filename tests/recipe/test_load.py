from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk.component import Slot, datasets
from bvtk.errors import RecipeError, UsageError
from bvtk.recipe import Recipe, load_recipe, parse_component, parse_recipe, resolved
from tests.recipe.conftest import COMPLETE, Load


def test_a_recipe_comes_complete_and_with_its_text(load: Load) -> None:
    loaded = load(COMPLETE)
    assert loaded.recipe.training.batch_size == 64
    assert loaded.recipe.training.optimizer.component == "adam"
    assert loaded.text == COMPLETE
    assert str(loaded.path) == "r.yaml"


def test_every_value_has_its_origin(load: Load) -> None:
    loaded = load(COMPLETE.replace("objective: beta_vae", "objective: {type: beta_vae, beta: 2}"), "seed=3")
    assert {key: loaded.origins[key] for key in ("name", "seed", "dataset.type", "dataset.source")} == {
        "name": "r.yaml:1:7",
        "seed": "<command line>",
        "dataset.type": "r.yaml:2:10",
        "dataset.source": "default",
    }
    assert loaded.origins["objective.beta.type"] == loaded.origins["objective.beta.value"] == "r.yaml:7:35"
    assert loaded.origins["metrics"] == "default"


def test_an_error_looks_as_documented(load: Load) -> None:
    text = COMPLETE.replace("{type: toy}", "\n    type: toy\n    widht: 64")
    with pytest.raises(RecipeError) as caught:
        load(text)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column) == ("r.yaml", 7, 5)
    assert problem.key == "model.encoder.widht"
    assert problem.message == "unknown key, did you mean 'width'?"
    assert problem.excerpt == "   6 |     type: toy\n   7 |     widht: 64\n     |     ^^^^^"
    assert str(caught.value) == (
        "r.yaml:7:5  model.encoder.widht: unknown key, did you mean 'width'?\n`bvtk show encoder toy` lists its keys."
    )


def test_all_errors_come_at_once_in_the_order_of_the_file(load: Load) -> None:
    text = (
        "metrics: [mgi]\nseed: -1\nname: a b\nmodel: {type: vae, encoder: {type: toy, width: x, flag: 3}, decoder: 5}\n"
    )
    with pytest.raises(RecipeError) as caught:
        load(text)
    assert [problem.key for problem in caught.value.problems] == [
        *("dataset", "metrics.0", "seed", "name"),
        *("model.encoder.width", "model.encoder.flag", "model.decoder"),
    ]


def test_a_missing_file_is_named(load: Load) -> None:
    del load
    with pytest.raises(RecipeError, match="no such file") as caught:
        load_recipe("none.yaml")
    assert caught.value.problems[0].file == "none.yaml"


def test_a_resolved_recipe_parses_back(load: Load) -> None:
    recipe = load(COMPLETE, "metrics=[mig]").recipe
    assert parse_recipe(resolved(recipe)) == recipe


@pytest.mark.parametrize(
    "mapping", [{}, {"name": 5}, {"nme": "x"}, {"model": {"type": "none"}}, {"seed": float("nan")}]
)
def test_invalid_data_has_errors_without_places(mapping: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(mapping, "runs/x/recipe.yaml")
    assert all(p.file == "runs/x/recipe.yaml" and not p.line and not p.excerpt for p in caught.value.problems)


KEYS = st.sampled_from(
    [
        *Recipe.model_fields,
        "type",
        "steps",
        "encoder",
        "latents",
        "width",
        "parts",
        "inner",
        "beta",
        "extends",
        "0",
        "nme",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(
    ["toy", "needy", "vae", "dsprites", "mig", "beta_vae", "linear", "constant", "adam", "r.yaml", "."]
)
VALUES = st.recursive(
    SCALARS | WORDS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS | WORDS, v, max_size=5), max_leaves=15
)
RECIPES = st.dictionaries(KEYS, VALUES, max_size=8)


def recipe_or_problems(make: Callable[[], Any]) -> None:
    refused = None
    try:
        make()
    except RecipeError as error:
        refused = error
    if refused:
        assert refused.problems
        assert all(problem.message for problem in refused.problems)
        assert all("\n" not in problem.key + problem.message for problem in refused.problems)


@given(RECIPES)
def test_any_data_is_a_recipe_or_says_why_not(data: dict[str, Any]) -> None:
    recipe_or_problems(lambda: parse_recipe(data))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(RECIPES, st.lists(st.tuples(st.lists(KEYS | WORDS, max_size=4), VALUES), max_size=2))
def test_any_file_with_any_overrides_is_a_recipe_or_says_why_not(load: Load, data: Any, over: list[Any]) -> None:
    """Python's own writing of data is near enough to YAML to reach deep into the reader."""
    overrides = [f"{'.'.join(path)}={value!r}" for path, value in over]
    text = repr(data).encode("utf-8", "surrogatepass")
    recipe_or_problems(lambda: load(text, *overrides))
    recipe_or_problems(lambda: load(COMPLETE, *overrides))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_a_complete_recipe_with_one_part_changed_is_a_recipe_or_says_why_not(load: Load, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(["width", "sizes", "pair", "scale", "weight", "inner", "parts", "label", "type"]))
    complete = resolved(load(COMPLETE).recipe)
    complete["model"]["encoder"][key] = data.draw(VALUES)
    recipe_or_problems(lambda: parse_recipe(complete))


@pytest.mark.parametrize(
    ("value", "said", "hint"),
    [
        (
            {"type": "arrays"},
            "arrays.path: is missing and has no default",
            "`bvtk show dataset arrays` lists its keys.",
        ),
        ("dsprite", "unknown dataset 'dsprite', did you mean 'dsprites'?", "`bvtk ls dataset` lists them."),
        (
            {"type": "arrays", "path": object},
            "type <class 'object'> can't appear in a recipe",
            "give plain data",
        ),
    ],
)
def test_a_component_alone_is_refused_in_the_same_words(value: Any, said: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_component(Slot(datasets), value)
    assert (caught.value.message, caught.value.hint) == (said, hint)


def test_a_component_alone_comes_from_what_a_recipe_would_say() -> None:
    expected = parse_component(Slot(datasets), {"type": "arrays", "path": "x.npz"})
    assert parse_component(Slot(datasets), {"type": "arrays", "path": File("x.npz")}) == expected
    assert parse_component(Slot(datasets), expected) is expected
