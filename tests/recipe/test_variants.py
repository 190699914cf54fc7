from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk.errors import RecipeError
from bvtk.recipe import dump_yaml, load_recipe, recipe_hash, resolved
from bvtk.recipe.variants import LoadedSweep, load_sweep
from bvtk.recipe.writing import flow
from tests.recipe.conftest import COMPLETE, Load, describe

Unfold = Callable[..., LoadedSweep]
Faults = Callable[..., list[str]]


@pytest.fixture
def unfold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unfold:
    """Writes a recipe with a sweep as `r.yaml` in the working folder, and unfolds it."""
    monkeypatch.chdir(tmp_path)

    def write_and_unfold(sweep: str, *overrides: str) -> LoadedSweep:
        Path("r.yaml").write_text(COMPLETE + sweep)
        return load_sweep("r.yaml", overrides)

    return write_and_unfold


@pytest.fixture
def faults(unfold: Unfold) -> Faults:
    """What is wrong, as `line:column key: message`."""

    def found(sweep: str, *overrides: str) -> list[str]:
        with pytest.raises(RecipeError) as caught:
            unfold(sweep, *overrides)
        return [describe(problem) for problem in caught.value.problems]

    return found


def told(sweep: LoadedSweep) -> list[tuple[int, dict[str, object]]]:
    return [(variant.recipe.seed, dict(variant.settings)) for variant in sweep.variants]


def test_a_grid_is_every_combination_and_seeds_run_innermost(unfold: Unfold) -> None:
    found = unfold("sweep: {seeds: 2, grid: {objective.beta: [1, 4], model.encoder.width: [8]}}\n")
    first, second = ({"objective.beta": beta, "model.encoder.width": 8} for beta in (1, 4))
    assert told(found) == [(0, first), (1, first), (0, second), (1, second)]
    assert [variant.recipe.objective.beta.value for variant in found.variants] == [1, 1, 4, 4]
    assert {variant.recipe.model.encoder.width for variant in found.variants} == {8}


def test_cells_can_have_a_name_seeds_and_mappings_and_the_grid_overrides_them(unfold: Unfold) -> None:
    found = unfold(
        "sweep:\n  seeds: [5]\n  grid: {objective.beta: [1, 2]}\n  cells:\n  - {}\n"
        "  - {name: small, model: {encoder: {type: mlp, hidden: [3]}}, objective.beta: 9, seeds: 2}\n"
    )
    assert [variant.recipe.name for variant in found.variants] == ["toy"] * 2 + ["small"] * 4
    assert [variant.recipe.seed for variant in found.variants] == [5, 5, 0, 1, 0, 1]
    assert [variant.recipe.objective.beta.value for variant in found.variants] == [1, 2, 1, 1, 2, 2]
    assert found.variants[-1].recipe.model.encoder.hidden == (3,)


def test_without_seeds_each_recipe_keeps_its_own(unfold: Unfold) -> None:
    assert told(unfold("seed: 7\nsweep: {grid: {objective.beta: [1]}}\n")) == [(7, {"objective.beta": 1})]
    assert told(unfold("seed: 7\nsweep: {}\n")) == [(7, {})]


def test_a_recipe_without_a_sweep_has_no_variants(unfold: Unfold) -> None:
    assert unfold("").variants == ()
    assert unfold("sweep: null\n").variants == ()


def test_a_cell_may_start_from_another_recipe_beside_the_file_that_names_it(unfold: Unfold, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/parent.yaml").write_text(COMPLETE + "sweep: {seeds: 2, cells: [{recipe: other.yaml, seeds: [3]}]}\n")
    (tmp_path / "a/other.yaml").write_text(COMPLETE.replace("toy\n", "other\n", 1) + "sweep: {seeds: 99}\n")
    Path("child.yaml").write_text("extends: a/parent.yaml\nname: child\n")
    (variant,) = load_sweep("child.yaml").variants
    assert (variant.recipe.name, variant.recipe.seed, dict(variant.settings)) == ("other", 3, {"recipe": "other.yaml"})
    alone = load_recipe("a/other.yaml", ["seed=3"]).recipe
    assert recipe_hash(variant.recipe) == recipe_hash(alone)


def test_overrides_change_every_variant_and_those_of_the_sweep_the_sweep(unfold: Unfold) -> None:
    text = "sweep: {seeds: 3, grid: {objective.beta: [1, 4]}, cells: [{}, {model.encoder.width: 8}]}\n"
    assert len(unfold(text, "sweep.seeds=1").variants) == 4
    assert len(unfold(text, "sweep.seeds=[4, 5]", "sweep.grid.objective.beta=[1, 2, 3]").variants) == 12
    assert len(unfold(text, "sweep.grid.training.keep=[1, 2]").variants) == 24
    changed = unfold(text, "sweep.cells.1.model.encoder.width=9", "sweep.seeds=1", "training.steps=2")
    assert [variant.recipe.model.encoder.width for variant in changed.variants] == [64, 64, 9, 9]
    assert {variant.recipe.training.steps for variant in changed.variants} == {2}
    assert changed.loaded.recipe.training.steps == 2


def test_the_command_line_overrides_cells_and_grid(unfold: Unfold) -> None:
    found = unfold("sweep: {seeds: 3, grid: {objective.beta: [1, 4]}}\n", "objective.beta=9", "seed=5")
    assert told(found) == [(5, {}), (5, {})]
    assert found.variants[0].recipe == found.variants[1].recipe


PCA = "name: pca\ndataset: dsprites\nmodel: pca\n"


def test_the_command_line_trains_only_cells_whose_model_learns_by_steps(unfold: Unfold) -> None:
    Path("pca.yaml").write_text(PCA)
    sweep = "sweep: {cells: [{}, {recipe: pca.yaml}, {recipe: pca.yaml, seeds: [3]}]}\n"
    found = unfold(sweep, "training.steps=300", "objective.beta=2", "metrics=[mig]")
    assert [variant.recipe.training.steps for variant in found.variants] == [300, 0, 0]
    assert [variant.recipe.objective is None for variant in found.variants] == [False, True, True]
    assert {len(variant.recipe.metrics) for variant in found.variants} == {1}
    Path("mixed.yaml").write_text(PCA + "sweep: {cells: [{}, {recipe: r.yaml}]}\n")
    mixed = load_sweep("mixed.yaml", ["training.steps=300"])
    assert [variant.recipe.training.steps for variant in mixed.variants] == [0, 300]


def test_an_override_of_training_that_no_cell_takes_is_refused(faults: Faults) -> None:
    Path("pca.yaml").write_text(PCA)
    said = faults("sweep: {cells: [{recipe: pca.yaml}]}\n", "training.steps=300")
    assert said == ["< training.steps: changes no cell, since no model of this sweep learns by steps"]
    assert "is fitted in one call" in faults("sweep: {cells: [{recipe: pca.yaml, training.steps: 3}]}\n")[0]


def test_the_sweep_is_not_part_of_the_experiment(load: Load) -> None:
    plain, swept = load(COMPLETE).recipe, load(COMPLETE + "sweep: {seeds: 3}\n").recipe
    assert resolved(plain) == resolved(swept)
    assert "sweep" not in resolved(swept)
    assert "sweep" not in dump_yaml(swept)
    assert recipe_hash(plain) == recipe_hash(swept)


SEEDS = "expected a number of seeds, at least 1, or a list of seeds, each at least 0"
FIGURE = "expected [mean, spread], with null for an unknown spread"


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("{seeds: 0}", f"10:16 sweep.seeds: {SEEDS}; found 0"),
        ("{seeds: [0, -1]}", f"10:16 sweep.seeds: {SEEDS}; found [0, -1]"),
        ("{seeds: []}", f"10:16 sweep.seeds: {SEEDS}; found []"),
        ("{seeds: three}", f"10:16 sweep.seeds: {SEEDS}; found 'three'"),
        ("{cells: [{seeds: 1.5}]}", f"10:25 sweep.cells.0.seeds: {SEEDS}; found 1.5"),
        ("{seed: 3}", "10:9 sweep.seed: unknown key, did you mean 'seeds'?"),
        ("{grid: {objective.beta: []}}", "10:32 sweep.grid.objective.beta: must have at least 1 item, found 0"),
        ("{grid: {objective.beta: 3}}", "10:32 sweep.grid.objective.beta: expected a list, found 3"),
        ("{grid: {objective.beta: [1, -4]}}", "10:36 objective.beta: must be at least 0, found -4"),
        ("{grid: {objective.bet: [1]}}", "10:16 objective.bet: unknown key, did you mean 'beta'?"),
        ("{grid: {a..b: [1]}}", "10:16 sweep.grid.a..b: is not a key of a recipe"),
        ("{grid: {seed: [1, 2]}}", "10:16 sweep.grid.seed: can't be in the grid"),
        ("{grid: {seeds: 3}}", "10:16 sweep.grid.seeds: can't be in the grid"),
        ("{cells: [{seed: 3}]}", "10:18 sweep.cells.0.seed: can't be set like other keys"),
        ("{cells: 3}", "10:16 sweep.cells: expected a list, found 3"),
        ("{cells: [3]}", "10:17 sweep.cells.0: expected a mapping, found 3"),
        ("{cells: [{extends: x.yaml}]}", "10:18 sweep.cells.0.extends: can't be overridden"),
        ("{cells: [{sweep.seeds: 3}]}", "10:18 sweep.cells.0.sweep.seeds: a cell can't have a sweep of its own"),
        ("{cells: [{recipe: none.yaml}]}", "10:26 sweep.cells.0.recipe: none.yaml: no such file"),
        ("{cells: [{recipe: ''}]}", "10:26 sweep.cells.0.recipe: must have at least 1 character, found"),
        ("{cells: [{model: {encoder: {width: -1}}}]}", "10:43 model.encoder.width: must be more than 0, found -1"),
        ("{cells: [{metrics.0.bins: 3}]}", "10:18 metrics.0.bins: metrics is a list: expected no further key"),
        ("{cells: [{objective: null}]}", "1:1 objective: is missing and has no default (in cell objective=null)"),
        ("{published: {source: x}}", "10:9 sweep.published.scores: is missing"),
        ("{published: {source: x, scores: {mig: {a: [0.1]}}}}", f"sweep.published.scores.mig.a: {FIGURE}; found [0.1]"),
        ("{published: {source: x, scores: {mig: {a: 0.1}}}}", f"sweep.published.scores.mig.a: {FIGURE}; found 0.1"),
        ("{seeds: 100000, grid: {objective.beta: [1, 2]}}", "sweep: expected at most 100,000 cells, found 200,000"),
    ],
)
def test_an_error_has_its_place(faults: Faults, sweep: str, said: str) -> None:
    assert any(said in fault for fault in faults(f"sweep: {sweep}\n"))


def test_all_errors_are_reported_once_and_together(faults: Faults, tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(COMPLETE.replace("steps: 5", "steps: x"))
    sweep = "sweep:\n  seeds: 2\n  grid: {objective.beta: [1, 2]}\n  cells:\n  - {model.encoder.width: 0}\n"
    found = faults(sweep + "  - {recipe: b.yaml}\nmetrics: [mgi]\n", "name=a b", "sweep.seeds=3")
    assert found == [
        "14:27 model.encoder.width: must be more than 0, found 0",
        "16:11 metrics.0: unknown metric 'mgi', did you mean 'mig'?",
        "9:10 training.steps: expected an integer, found 'x' (in cell recipe=b.yaml, objective.beta=1)",
        "< name: expected 1 to 64 letters, digits, '.', '_' and '-', and not only dots",
    ]


def test_a_mistake_in_one_part_of_a_sweep_hides_none_in_the_others(faults: Faults) -> None:
    sweep = (
        "sweep:\n  seeds: 0\n  grid: {seeds: [1], objective.beta: 4, objective.bet: [1]}\n  published: 3\n  cells:\n"
    )
    assert faults(sweep + "  - {model.encoder.widht: 8}\n  - 5\n  - {seeds: [], model: vea}\n") == [
        f"11:10 sweep.seeds: {SEEDS}; found 0",
        "12:10 sweep.grid.seeds: can't be in the grid",
        "12:38 sweep.grid.objective.beta: expected a list, found 4",
        "12:41 objective.bet: unknown key, did you mean 'beta'?",
        "13:14 sweep.published: expected a mapping, found 3",
        "15:6 model.encoder.widht: unknown key, did you mean 'width'?",
        "16:5 sweep.cells.1: expected a mapping, found 5",
        f"17:13 sweep.cells.2.seeds: {SEEDS}; found []",
        "17:24 model.type: unknown model 'vea', did you mean 'vae'?",
    ]


@pytest.mark.parametrize(
    ("cells", "place"),
    [("{small: {model.encoder.widht: 8}, large: {}}", "10:25"), ("{model: {encoder: {widht: 8}}}", "10:35")],
)
def test_errors_in_cells_are_reported_even_if_cells_are_not_a_list(faults: Faults, cells: str, place: str) -> None:
    assert faults(f"sweep: {{cells: {cells}}}\n") == [
        "10:16 sweep.cells: expected a list, found a mapping",
        f"{place} model.encoder.widht: unknown key, did you mean 'width'?",
    ]


@pytest.mark.parametrize("seeds", ["sweep.seeds=2", "sweep.cells.0.seeds=[3]", "sweep={seeds: 2}"])
def test_one_seed_for_all_and_seeds_of_the_sweep_contradict_each_other(faults: Faults, seeds: str) -> None:
    sweep = "sweep: {cells: [{}, {objective.beta: 2}]}\n"
    assert faults(sweep, seeds, "seed=5") == ["< seed: conflicts with `sweep.seeds`, which is overridden too"]


def test_a_cell_without_steps_can_override_objective_and_training(unfold: Unfold, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        unfold("sweep: {cells: [{model: pca}]}\n")
    assert [(describe(problem), problem.hint) for problem in caught.value.problems] == [
        (
            "7:12 objective: model 'pca' takes no objective (in cell model=pca)",
            "set `objective: null` in the cell too, or give the cell another recipe: `recipe: FILE`",
        ),
        (
            "9:10 training.steps: model 'pca' is fitted in one call: expected 0 training steps, found 5 "
            "(in cell model=pca)",
            "set `training.steps: 0` in the cell too, or give the cell another recipe: `recipe: FILE`",
        ),
    ]
    found = unfold("sweep: {cells: [{}, {model: pca, objective: null, training.steps: 0}]}\n")
    assert [variant.recipe.model.component for variant in found.variants] == ["vae", "pca"]


SWEEPS = st.recursive(
    st.none() | st.integers(-2, 3) | st.floats() | st.sampled_from(["pca", "r.yaml", "", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["seeds", "grid", "cells", "published", "recipe", "model", "objective.beta", "seed", "a..b"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=80)
@given(st.dictionaries(st.sampled_from(["seeds", "grid", "cells", "published"]), SWEEPS))
def test_any_data_is_a_sweep_or_says_why_not(unfold: Unfold, data: dict[str, Any]) -> None:
    with suppress(RecipeError):
        unfold(f"sweep: {flow(data)}\n")


def test_ten_thousand_variants_are_expanded(unfold: Unfold) -> None:
    betas = ", ".join(map(str, range(1, 11)))
    assert len(unfold(f"sweep: {{seeds: 1000, grid: {{objective.beta: [{betas}]}}}}\n").variants) == 10_000
