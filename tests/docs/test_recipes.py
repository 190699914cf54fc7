"""The recipes, tables and errors in docs/recipes.md match the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bvtk.errors import RecipeError
from bvtk.recipe import Recipe
from bvtk.recipe.schema import Training
from tests.recipe.conftest import Load, load, toys

__all__ = ["load", "toys"]

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def test_the_recipe_at_the_top_loads_and_the_one_that_extends_it_too(load: Load, tmp_path: Path) -> None:
    whole, child, _ = blocks("recipes.md", "yaml")
    (tmp_path / "base.yaml").write_text(whole)
    loaded = load(child)
    assert (loaded.recipe.name, loaded.recipe.objective.beta.value) == ("stronger", 16)


def test_every_key_and_its_default_is_in_the_tables() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", (DOCS / "recipes.md").read_text(), re.MULTILINE))
    for section in (Recipe, Training):
        for name, field in section.model_fields.items():
            if field.is_required():
                assert rows[name] == "required"
            elif isinstance(field.default, bool | int | float | str):
                assert rows[name].strip("`") == str(field.default).lower()
            else:
                assert rows[name] != "required"
    assert set(rows) == {*Recipe.model_fields, *Training.model_fields, "extends"}


def test_the_errors_are_what_bvtk_says(load: Load) -> None:
    said = next(block for block in blocks("recipes.md", "console") if "hiden" in block)
    lines = ["name: x", "dataset: dsprites", "model:", "  type: vae", "  latents: 10", "  decoder: mlp"]
    lines += ["  likelihood: bernoulli", "", "  # smaller than the original", "  encoder:", "    type: burgess"]
    lines += ["    hiden: 64", "", "objective:", "  type: beta_vae", "", "training:", "  steps: 4000"]
    with pytest.raises(RecipeError) as caught:
        load("\n".join([*lines, "  batch_size: 1e2"]))
    for problem in caught.value.problems:
        assert f"recipes/dsprites.yaml:{problem.line}:{problem.column}  {problem.key}: {problem.message}\n" in said
        assert problem.excerpt in said
        assert problem.hint in said
    assert f"2 errors. {caught.value.hint}" in said
