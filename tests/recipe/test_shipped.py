from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.errors import RecipeError
from bvtk.recipe import load_recipe
from bvtk.recipe.shipped import recipe_file, shipped_recipes, summary_of
from bvtk.recipe.variants import load_sweep


def test_every_shipped_recipe_loads_by_its_name_in_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = list(shipped_recipes())
    assert names[0] == "quickstart"
    assert {"paper/beta_vae", "paper/table", "methods/all"} <= set(names)
    for name in names:
        assert load_sweep(name).loaded.recipe.name


def test_their_summaries_are_one_sentence() -> None:
    summaries = {name: summary_of(file) for name, file in shipped_recipes().items()}
    assert summaries["paper/vae"] == "The paper's VAE: the same as its β-VAE, but with β = 1."
    assert all(summary and "\n" not in summary for summary in summaries.values())


def test_a_file_comes_before_the_shipped_recipe_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert recipe_file(Path("quickstart")) == shipped_recipes()["quickstart"]
    assert recipe_file(Path("quickstart.yaml")) == Path("quickstart.yaml")
    assert recipe_file(Path("none")) == Path("none")
    Path("quickstart").write_text("name: mine")
    assert recipe_file(Path("quickstart")) == Path("quickstart")


def test_a_shipped_recipe_is_extended_by_name(tmp_path: Path) -> None:
    child = tmp_path / "mine.yaml"
    child.write_text("extends: paper/vae\nname: mine\n")
    loaded = load_recipe(child)
    assert (loaded.recipe.name, loaded.recipe.objective.beta.value) == ("mine", 1)
    assert loaded.origins["objective.beta.value"].startswith(str(shipped_recipes()["paper/vae"]))
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/vae").write_text(child.read_text().replace("paper/vae", "methods/beta_vae"))
    assert load_recipe(child).recipe.objective.beta.value == load_recipe("methods/beta_vae").recipe.objective.beta.value


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("mine", "did you mean mine.yaml?"), ("quikstart", "did you mean quickstart?"), ("far", "run `bvtk init recipe")],
)
def test_a_missing_file_suggests_what_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, meant: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("name: mine")
    with pytest.raises(RecipeError) as caught:
        load_recipe(asked)
    (problem,) = caught.value.problems
    assert problem.message == "no such file"
    assert problem.hint.startswith(meant)
