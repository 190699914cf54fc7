from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.api import run_folder
from bvtk.errors import UsageError
from bvtk.plugins import discover
from bvtk.recipe import dump_yaml, load_recipe
from bvtk.sweep.cells import read_sweep
from tests.sweep.stand_ins import RECIPE, a_sweep


def test_a_cell_lies_where_a_run_of_the_same_recipe_does(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: 2, grid: {objective.beta: [1, 4]}}\n")
    by_hand = load_recipe(tmp_path / "r.yaml", ["objective.beta=4", "seed=1"]).recipe
    assert sweep.cells[3].folder(Path("runs")).path == run_folder(by_hand, Path("runs")).path
    written = tmp_path / "cell.yaml"
    written.write_text(dump_yaml(sweep.cells[3].recipe))
    assert run_folder(load_recipe(written).recipe, Path()).path.name == sweep.cells[3].folder_name
    assert (sweep.cells[3].seed, sweep.cells[3].label) == (1, "objective.beta=4")


def test_equal_recipes_are_one_cell(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: [0, 1, 0], cells: [{}, {objective.beta: 5}, {objective.beta: 5.0}]}\n")
    assert [(cell.seed, cell.label) for cell in sweep.cells] == [
        *((0, ""), (1, "")),
        *((0, "objective.beta=5"), (1, "objective.beta=5")),
    ]
    assert read_sweep(tmp_path / "r.yaml", ["objective.beta=2"]).cells == (
        read_sweep(tmp_path / "r.yaml", ["objective.beta=2", "sweep.cells=[]"]).cells
    )


def test_the_sweeps_folder_is_named_by_its_cells(tmp_path: Path) -> None:
    one = a_sweep(tmp_path, "sweep: {seeds: 2}\n").folder_name
    assert a_sweep(tmp_path, "sweep: {seeds: [0, 1]}\n").folder_name == one
    assert a_sweep(tmp_path, "sweep: {seeds: 3}\n").folder_name != one
    assert one.startswith("toy-sweep-")


def test_published_figures_come_along(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {published: {source: a paper, scores: {mig: {toy: [0.5, null]}}}}\n")
    assert sweep.published is not None
    assert sweep.published.scores["mig"]["toy"] == (0.5, None)
    assert a_sweep(tmp_path).published is None


def test_a_recipe_without_a_sweep_is_refused(tmp_path: Path) -> None:
    discover(None, installed=False)
    (tmp_path / "r.yaml").write_text(RECIPE)
    with pytest.raises(UsageError, match="has no `sweep`"):
        read_sweep(tmp_path / "r.yaml")
    assert len(read_sweep(tmp_path / "r.yaml", ["sweep.seeds=3"]).cells) == 3
