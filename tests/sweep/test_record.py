from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bvtk.api import run_folder
from bvtk.errors import RunBusyError, RunError
from bvtk.locks import LockLostError
from bvtk.recipe import load_recipe
from bvtk.runs import read_json
from bvtk.sweep import record
from bvtk.sweep.record import Status, SweepFolder
from tests.sweep.stand_ins import a_sweep


def test_it_says_what_the_sweep_consists_of_and_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_INTERVAL", 1e6)
    text = "sweep: {grid: {objective.beta: [1, 4]}, published: {source: x, scores: {mig: {toy: [1, null]}}}}\n"
    sweep = a_sweep(tmp_path, text)
    folder = SweepFolder(sweep, tmp_path)
    first, second = (Status(cell, cell.folder(tmp_path)) for cell in sweep.cells)
    first.state = "done"
    assert folder.failures() == {}
    with folder.locked():
        folder.save([first, second], at_once=True)
        second.state, second.code = "failed", -9
        folder.save([first, second])
        assert read_json(folder.facts)["cells"][1]["state"] == "waiting"  # not every change is worth a write
        folder.save([first, second], at_once=True)
    assert folder.failures() == {second.cell.folder_name: (-9, "")}
    facts = read_json(folder.facts)
    assert facts == {
        "name": "toy",
        "recipe": str(tmp_path / "r.yaml"),
        "published": {"source": "x", "scores": {"mig": {"toy": [1.0, None]}}},
        "cells": [
            {"run": sweep.cells[0].folder_name, "settings": {"objective.beta": 1}, "seed": 0, "state": "done"},
            {
                "run": sweep.cells[1].folder_name,
                "settings": {"objective.beta": 4},
                "seed": 0,
                "state": "failed",
                "code": -9,
            },
        ],
    }


def test_a_cells_recipe_is_the_cell(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: [3], grid: {objective.beta: [1]}}\n")
    folder = SweepFolder(sweep, tmp_path)
    with folder.locked():
        recipe = load_recipe(folder.recipe_of(sweep.cells[0])).recipe
    assert run_folder(recipe, Path()).path.name == sweep.cells[0].folder_name


def test_one_sweep_has_one_driver(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path)
    with (
        SweepFolder(sweep, tmp_path).locked(),
        pytest.raises(RunBusyError, match=f"process {os.getpid()}") as caught,
        SweepFolder(sweep, tmp_path).locked(),
    ):
        pass
    assert caught.value.exit_code == 2


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "sweep.json")

    monkeypatch.setattr(record, "write_json", full)
    folder = SweepFolder(a_sweep(tmp_path), tmp_path)
    with pytest.raises(RunError, match=r"sweep\.json: No space left on device"), folder.locked():
        folder.save([], at_once=True)


def test_a_folder_that_can_t_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot create"), SweepFolder(a_sweep(tmp_path), tmp_path / "file").locked():
        pass


def test_a_sweep_whose_lock_was_removed_writes_nothing_more(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path)
    folder = SweepFolder(sweep, tmp_path)
    with pytest.raises(LockLostError), folder.locked():  # noqa: PT012
        folder.save([], at_once=True)
        (folder.path / ".lock").unlink()
        folder.save([], at_once=True)
