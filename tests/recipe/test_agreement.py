from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.errors import RecipeError
from tests.recipe.conftest import COMPLETE, Load, describe


def test_a_model_without_steps_can_override_an_inherited_training(load: Load, tmp_path: Path) -> None:
    (tmp_path / "vae.yaml").write_text(COMPLETE)
    with pytest.raises(RecipeError) as caught:
        load("extends: vae.yaml\nmodel: pca\n")
    assert [(describe(problem), problem.hint) for problem in caught.value.problems] == [
        (
            "7:12 objective: model 'pca' takes no objective",
            "remove it, or override it with `objective: null`",
        ),
        (
            "9:10 training.steps: model 'pca' is fitted in one call: expected 0 training steps, found 5",
            "remove `training`, or override it with `training: {steps: 0}`",
        ),
    ]
    recipe = load("extends: vae.yaml\nmodel: pca\nobjective: null\ntraining: {steps: 0}\n").recipe
    assert (recipe.objective, recipe.training.steps) == (None, 0)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("training:\n  steps: 5\n", "1:1 training: is missing and has no default"),
        ("objective: beta_vae\n", "1:1 objective: is missing and has no default"),
    ],
)
def test_a_model_that_learns_by_steps_needs_both(load: Load, missing: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(COMPLETE.replace(missing, ""))
    assert [describe(problem) for problem in caught.value.problems] == [message]


def test_an_objective_that_does_not_fit_the_model_is_refused(load: Load) -> None:
    with pytest.raises(RecipeError) as caught:
        load(COMPLETE.replace("objective: beta_vae", "objective: infogan"))
    (problem,) = caught.value.problems
    assert (
        describe(problem)
        == "7:12 objective: objective 'infogan' can't train model 'vae', which does not give adversaries"
    )
    assert "beta_vae" in problem.hint


@pytest.mark.parametrize("objective", ["factor_vae", "beta_tcvae", "dip_vae_i", "dip_vae_ii"])
def test_objectives_that_compare_images_need_batches_of_two(load: Load, objective: str) -> None:
    text = COMPLETE.replace("objective: beta_vae", f"objective: {objective}")
    with pytest.raises(RecipeError) as caught:
        load(text.replace("steps: 5\n", "steps: 5\n  batch_size: 1\n"))
    (problem,) = caught.value.problems
    assert f"training.batch_size: objective '{objective}' needs batches of at least 2, found 1" in describe(problem)
    load(COMPLETE.replace("steps: 5\n", "steps: 5\n  batch_size: 1\n"))


def test_a_sampler_must_give_what_the_model_takes(load: Load) -> None:
    text = COMPLETE.replace("steps: 5\n", "steps: 5\n  sampler: pairs\n")
    load(text)
    with pytest.raises(RecipeError) as caught:
        load(text.replace("type: vae", "type: dc_ign"))
    (problem,) = caught.value.problems
    assert describe(problem).endswith("model 'dc_ign' takes varied, which sampler 'pairs' does not give")
    assert problem.hint == "samplers that give it: one_factor"
