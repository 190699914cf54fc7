from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bvtk.errors import RecipeError
from bvtk.recipe import load_recipe, resolved
from bvtk.recipe.extends import expand_shorthand, merge
from bvtk.recipe.marks import Mark, Source, marked
from tests.recipe.conftest import COMPLETE, Load, describe

Errors = Callable[..., list[str]]


@pytest.fixture
def parent(tmp_path: Path) -> Callable[[str, str], None]:
    """Writes a parent, in a folder of its own where its name says so."""

    def write(name: str, text: str) -> None:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    return write


Parent = Callable[[str, str], None]


def test_maps_merge_and_lists_replace(load: Load, parent: Parent) -> None:
    parent("base.yaml", COMPLETE.replace("{type: toy}", "{type: toy, width: 8, sizes: [1, 2, 3]}"))
    loaded = load("extends: base.yaml\nname: child\nmodel: {encoder: {sizes: [9]}}\ntraining: {keep: 7}\n")
    assert loaded.recipe.name == "child"
    assert loaded.recipe.model.encoder.width == 8
    assert loaded.recipe.model.encoder.sizes == (9,)
    assert (loaded.recipe.training.steps, loaded.recipe.training.keep) == (5, 7)
    assert loaded.origins["name"] == "r.yaml:2:7"
    assert loaded.origins["model.encoder.width"] == "base.yaml:5:31"
    assert loaded.origins["training.keep"] == "r.yaml:4:18"
    assert loaded.text.startswith("extends: base.yaml")
    assert "extends" not in resolved(loaded.recipe)


def test_a_changed_type_drops_its_siblings_and_the_same_type_keeps_them(load: Load, parent: Parent) -> None:
    parent("base.yaml", COMPLETE.replace("{type: toy}", "{type: toy, width: 8}"))
    assert load("extends: base.yaml\nmodel: {encoder: mlp}\n").recipe.model.encoder.hidden == (256, 256)
    assert load("extends: base.yaml\nmodel: {encoder: {type: mlp, hidden: [3]}}\n").recipe.model.encoder.hidden == (3,)
    assert load("extends: base.yaml\nmodel: {encoder: toy}\n").recipe.model.encoder.width == 8
    assert load("extends: base.yaml\nmodel: {encoder: {type: toy, mode: slow}}\n").recipe.model.encoder.width == 8


def test_bare_words_and_numbers_merge_like_mappings(load: Load, parent: Parent) -> None:
    text = COMPLETE.replace("{type: toy}", "toy").replace("objective: beta_vae", "objective: {type: beta_vae, beta: 3}")
    parent("base.yaml", text)
    loaded = load("extends: base.yaml\nmodel: {encoder: {width: 8}}\nobjective: {beta: {value: 2}}\n")
    assert loaded.recipe.model.encoder.width == 8
    assert loaded.recipe.objective.beta.value == 2
    changed = load("extends: base.yaml\nobjective: {beta: {type: linear, start: 0, end: 1, steps: 9}}\n")
    assert changed.recipe.objective.beta.end == 1


def test_parents_are_relative_to_the_file_that_names_them(load: Load, parent: Parent) -> None:
    parent("a/middle.yaml", "extends: ../b/base.yaml\nseed: 3\n")
    parent("b/base.yaml", COMPLETE)
    loaded = load("extends: a/middle.yaml\n")
    assert loaded.recipe.seed == 3
    assert loaded.origins["seed"] == "a/middle.yaml:2:7"
    assert loaded.origins["training.steps"] == "b/base.yaml:9:10"


def test_a_circle_is_an_error_at_the_line_that_closes_it(errors: Errors, parent: Parent) -> None:
    assert errors("extends: r.yaml\n") == ["1:10 extends: circular: r.yaml extends this file"]
    parent("other.yaml", "extends: ./r.yaml\n")
    assert errors("extends: other.yaml\n") == ["1:10 extends: circular: r.yaml extends this file"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("none.yaml", "none.yaml: no such file"),
        (".", ".: is a folder, expected a recipe file"),
        ("5", "expected the path of one recipe"),
        ("[a.yaml, b.yaml]", "expected the path of one recipe"),
        ("", "expected the path of one recipe"),
        ('""', "expected the path of one recipe"),
    ],
)
def test_an_invalid_parent_is_an_error_with_its_place(errors: Errors, value: str, said: str) -> None:
    assert any(error.endswith(f"extends: {said}") for error in errors(f"extends: {value}\n{COMPLETE}"))


def test_an_error_in_a_parent_has_its_place_in_the_parent(errors: Errors, load: Load, parent: Parent) -> None:
    parent("base.yaml", COMPLETE.replace("steps: 5", "steps: five"))
    with pytest.raises(RecipeError) as caught:
        load("extends: base.yaml\ntraining: {keep: 0}\n")
    assert [(p.file, describe(p)) for p in caught.value.problems] == [
        ("r.yaml", "2:18 training.keep: must be more than 0, found 0"),
        ("base.yaml", "9:10 training.steps: expected an integer, found 'five'"),
    ]
    parent("base.yaml", "a: *x\nb: [")
    assert [error.split(" ")[0] for error in errors("extends: base.yaml\n")] == ["1:4", "2:5"]


def test_a_symbolic_link_to_itself_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    with pytest.raises(RecipeError, match="can't be read"):
        load_recipe(tmp_path / "loop.yaml")


def test_an_extending_file_may_be_read_from_anywhere(
    load: Load, parent: Parent, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent("a/base.yaml", COMPLETE)
    parent("a/child.yaml", "extends: base.yaml\n")
    assert load_recipe("a/child.yaml").origins["seed"] == "default"
    monkeypatch.chdir("a")
    assert load_recipe("child.yaml").origins["name"] == "base.yaml:1:7"


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
