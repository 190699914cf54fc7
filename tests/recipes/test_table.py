"""The paper's table, at a hundredth of a tenth of its length and on one image in 1,500."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bvtk.api import run_folder
from bvtk.comparison.contents.sources import gather
from bvtk.pipeline import working
from bvtk.plugins import discover
from bvtk.recipe import LoadedRecipe, Recipe, parse_recipe, resolved
from bvtk.sweep.cells import Cell, read_sweep

PAPER = Path(__file__).parents[2] / "recipes" / "paper"
ROWS = ("ground_truth", "pixels", "pca", "ica", "dc_ign", "infogan", "untrained", "vae", "beta_vae")
SMALLER = 100
EVERY = {"x": 8, "y": 8, "orientation": 8, "scale": 3}


def the_table(name: str) -> tuple[Cell, ...]:
    discover(None, installed=False)
    return read_sweep(PAPER / f"{name}.yaml").cells


@pytest.mark.parametrize("name", ["table", "table_tenth"])
def test_it_has_the_papers_rows_in_the_papers_order_and_figures_for_each(name: str) -> None:
    cells = the_table(name)
    assert tuple(dict.fromkeys(cell.recipe.name for cell in cells)) == ROWS
    published = read_sweep(PAPER / f"{name}.yaml").published
    assert published is not None
    assert set(published.scores["beta_vae_score"]) == set(ROWS)
    assert all(any(spec.component == "beta_vae_score" for spec in cell.recipe.metrics) for cell in cells)


def test_vae_and_beta_vae_have_three_seeds_and_ica_every_pair_of_shapes() -> None:
    cells = the_table("table")
    for row in ("untrained", "vae", "beta_vae"):
        assert [cell.seed for cell in cells if cell.recipe.name == row] == [0, 1, 2]
    pairs = [set(resolved(cell.recipe)["dataset"]["keep"]["shape"]) for cell in cells if cell.recipe.name == "ica"]
    assert pairs == [{"square", "ellipse"}, {"square", "heart"}, {"ellipse", "heart"}]


def test_a_tenth_is_a_tenth() -> None:
    tenth = {cell.recipe.name: cell.recipe.training for cell in the_table("table_tenth")}
    for cell in the_table("table"):
        assert cell.recipe.training.steps == 10 * tenth[cell.recipe.name].steps


def smaller(recipe: Recipe) -> Recipe:
    """A cell on 480 images or fewer, a hundredth as long."""
    data: dict[str, Any] = resolved(recipe)
    keep = data["dataset"].get("keep", {})
    data["dataset"] = {"type": "subset", "dataset": "dsprites", "keep": keep, "every": EVERY}
    data["training"] |= {"steps": recipe.training.steps // SMALLER, "batch_size": 8, "evaluate_every": 0}
    data["metrics"] = [{"type": "beta_vae_score", "protocol": "dlib", "train_points": 200, "test_points": 100}]
    if "images" in data["model"]:
        data["model"]["images"] = 500
    return parse_recipe(json.loads(json.dumps(data)))


@pytest.mark.filterwarnings("ignore::UserWarning")  # of latents that nothing has taught yet
def test_every_row_trains_and_is_scored(tmp_path: Path) -> None:
    recipes = {cell.recipe.name: smaller(cell.recipe) for cell in the_table("table_tenth")}
    folders = {name: run_folder(recipe, tmp_path) for name, recipe in recipes.items()}
    for name, recipe in recipes.items():
        with working(LoadedRecipe(recipe, {}, "", PAPER / f"{name}.yaml"), folders[name], "cpu") as pipeline:
            pipeline.evaluate()
    scores = {run.name: run.scores["beta_vae_score"]["score"] for run in gather([tmp_path]).runs}
    assert set(scores) == set(ROWS)
    assert scores["ground_truth"] == 1
