from __future__ import annotations

import re
from pathlib import Path

import pytest

from bvtk.errors import RecipeError
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from bvtk.recipe.doubts import doubts
from bvtk.recipe.shipped import shipped_recipes

discover(installed=False)

RECIPE = """\
name: x
dataset: dsprites
model: {type: vae, encoder: burgess, decoder: burgess}
objective: {type: beta_vae, beta: 4}
training: {steps: 5000}
metrics: [mig]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (file := tmp_path / "r.yaml").write_text(RECIPE)
    return file


@pytest.mark.parametrize(
    ("override", "found"),
    [
        ("training.optimizer.lr=0.9", []),
        ("training.optimizer.lr=1", ["training.optimizer.lr: a learning rate of 1 hardly ever converges; common …"]),
        (
            "training.optimizer.lr={type: linear, start: 2, end: 0}",
            ["training.optimizer.lr: a learning rate of 2 hardly ever converges; common …"],
        ),
        ("objective.beta=40960", []),  # 100 · 4096 / 10
        ("objective.beta=40961", ["objective.beta: 40961 is so large that every latent collapses; at most 40960 …"]),
        ("objective.beta={type: linear, end: 4, steps: 5000}", []),
        (
            "objective.beta={type: linear, end: 4, steps: 5001}",
            ["objective.beta: the schedule takes 5,001 steps, but the training ends after 5,000"],
        ),
        (
            "objective.beta={type: piecewise, points: [[0, 1], [6000, 4]]}",
            ["objective.beta: the schedule takes 6,000 steps, but the training ends after 5,000"],
        ),
        ("dataset={type: arrays, path: none.npz}", ["dataset.path: none.npz does not exist"]),
        (
            "dataset={type: subset, every: {x: 2}, dataset: {type: arrays, path: none.npz}}",
            ["dataset.dataset.path: none.npz does not exist"],
        ),
    ],
)
def test_values_that_are_probably_not_meant_are_named(recipe: Path, override: str, found: list[str]) -> None:
    told = doubts(load_recipe(recipe, [override]).recipe)
    assert [re.sub("(common|at most 40960) .*", r"\1 …", line) for line in told] == found


@pytest.mark.parametrize(
    ("path", "found"), [("a" * 300, "can't be reached: File name too long"), ("~nobody-there/x.npz", "is unknown")]
)
def test_a_path_that_can_not_be_looked_up_is_a_doubt_and_no_error(recipe: Path, path: str, found: str) -> None:
    (told,) = doubts(load_recipe(recipe, [f"dataset={{type: arrays, path: {path}}}"]).recipe)
    assert told.startswith("dataset.path: ")
    assert told.endswith(found)


def test_shipped_recipes_leave_no_doubt_but_about_data_to_be_given() -> None:
    found = {name: doubts(load_recipe(file).recipe) for name, file in shipped_recipes().items()}
    assert {name for name, told in found.items() if told} == {"paper/celeba", "paper/chairs", "paper/faces"}


def test_a_metric_that_can_never_be_measured_is_an_error(recipe: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe(recipe, ["dataset={type: images, path: photos}"])
    (problem,) = caught.value.problems
    assert (problem.key, problem.line, problem.message) == (
        "metrics.0",
        6,
        "metric 'mig' needs factors, which data set 'images' lacks",
    )
