from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import bvtk
from bvtk.comparison.inventory import (
    check_removable,
    list_runs,
    matching,
    ordered,
    remove,
    settings_of,
    size_of,
    spare_checkpoints,
)
from bvtk.errors import RunBusyError, UsageError
from bvtk.runs import RunFolder


@pytest.fixture
def runs(tiny_run: bvtk.Run, tmp_path: Path) -> Path:
    """Copies of one run: finished, with another seed; trained only; stopped at a step; with a damaged recipe."""
    out = tmp_path / "runs"
    source = tiny_run.path.parent
    for number, name in enumerate(("done", "trained", "stopped", "damaged")):
        folder = RunFolder(Path(shutil.copytree(source, out / name)))
        os.utime(folder.log, (2e9 + number, 2e9 + number))
        if name == "done":
            folder.recipe.write_text(folder.recipe.read_text().replace("seed: 0", "seed: 3"))
        else:
            folder.report.unlink()
        if name == "stopped":
            shutil.rmtree(folder.checkpoints / "step-40")
            folder.log.write_text("".join(folder.log.read_text().splitlines(keepends=True)[:3]))
            os.utime(folder.log, (2e9 + number, 2e9 + number))
        if name == "damaged":
            folder.recipe.write_text("name: [")
    return out


def test_every_run_has_its_state_step_and_scores(runs: Path) -> None:
    (out_of_list := runs / "notes").mkdir()
    (runs / "link").symlink_to(out_of_list)
    found = list_runs(runs)
    assert [(listed.folder.path.name, listed.state, listed.step, listed.steps) for listed in found] == [
        ("damaged", "damaged", 40, None),
        ("stopped", "stopped", 30, 40),
        ("trained", "trained", 40, 40),
        ("done", "done", 40, 40),
    ]
    assert found[-1].scores["mig"] == found[-1].folder.read_scores()["mig"]["score"]
    assert found[0].scores == {}
    assert found[-1].size == size_of(runs / "done") > 10_000
    assert found[-1].written.timestamp() == 2e9
    assert settings_of(found) == [{}, {"seed": "0"}, {"seed": "0"}, {"seed": "3"}]


def test_a_run_at_work_is_running(runs: Path) -> None:
    folder = RunFolder(runs / "stopped")
    with folder.locked():
        assert {listed.folder.path.name: listed.state for listed in list_runs(runs)}["stopped"] == "running"
        with pytest.raises(RunBusyError, match="in use"):
            remove(folder)
    assert folder.recipe.is_file()


def test_runs_are_selected_and_sorted_by_any_key(runs: Path) -> None:
    found = list_runs(runs)

    def names(selected: list) -> list[str]:
        return [listed.folder.path.name for listed in selected]

    assert names(matching(found, ["state=trained"])) == ["trained"]
    assert names(matching(found, ["seed=0", "encoder.type=mlp"])) == ["stopped", "trained"]
    assert names(ordered(found, "seed"))[0] == "done"
    assert names(ordered(found, "step"))[-1] == "stopped"
    assert names(ordered(found, "date")) == names(found)
    assert set(names(ordered(found, "mig"))[-1:]) == {"damaged"}
    with pytest.raises(UsageError, match=r"no run has the key 'sed', did you mean 'seed'"):
        matching(found, ["sed=0"])
    with pytest.raises(UsageError, match="expected KEY=VALUE, found 'seed'"):
        matching(found, ["seed"])


def test_a_finished_run_can_spare_all_but_its_newest_checkpoint(runs: Path) -> None:
    spare = {listed.folder.path.name: [p.name for p in spare_checkpoints(listed)] for listed in list_runs(runs)}
    assert spare == {"done": ["step-30"], "trained": [], "stopped": [], "damaged": []}


def test_only_folders_of_bvtk_are_removed(runs: Path, tmp_path: Path) -> None:
    remove(RunFolder(runs / "done"))
    assert sorted(path.name for path in runs.iterdir()) == ["damaged", "stopped", "trained"]
    (runs / "trained/notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds 'notes.txt', which bvtk did not write"):
        remove(RunFolder(runs / "trained"))
    (tmp_path / "project").mkdir()
    (tmp_path / "project/recipe.yaml").touch()
    (runs / "link").symlink_to(runs / "stopped")
    for other in (tmp_path / "project", runs, runs / "link"):
        with pytest.raises(UsageError, match="is not a run folder"):
            check_removable(RunFolder(other))
    assert (runs / "trained/notes.txt").is_file()
