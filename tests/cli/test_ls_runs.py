from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.recipe import load_recipe
from bvtk.recipe.writing import dump_yaml
from bvtk.runs import RunFolder, append_line, write_json
from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


@pytest.fixture
def runs(terminal: Terminal) -> list[RunFolder]:
    """Two runs that were stopped; the second has a score, and a third is no run."""
    made = []
    for beta, step in ((1, 2), (8, 3)):
        folder = RunFolder(Path("runs") / f"toy-{beta}a{step}")
        folder.create()
        folder.recipe.write_text(dump_yaml(load_recipe(Path("r.yaml"), [f"objective.beta={beta}"]).recipe))
        append_line(folder.log, {"step": step})
        made.append(folder)
    write_json(made[1].scores, {"held_out": {"score": -3.0}, "mig": {"score": 0.25}})
    Path("runs/other").mkdir()
    return made


def test_runs_are_listed_with_what_differs(terminal: Terminal, runs: list[RunFolder]) -> None:
    found = terminal("ls", "runs", "--sort", "mig")
    assert found.code == 0
    head, second, first, total = found.out.splitlines()
    assert head.split() == ["run", "state", "step", "settings", "score", "size", "written"]
    assert "toy-8a3  stopped  3 of 5  beta=8    mig 0.250" in second
    assert "toy-1a2  stopped  2 of 5  beta=1 " in first
    assert total.startswith("2 runs in runs, ")


def test_as_json(terminal: Terminal, runs: list[RunFolder]) -> None:
    (found,) = terminal("ls", "runs", "--where", "objective.beta=8", "--json").json()["runs"]
    assert found["run"] == "runs/toy-8a3"
    assert (found["name"], found["state"], found["step"], found["steps"]) == ("toy", "stopped", 3, 5)
    assert found["scores"] == {"held_out": -3.0, "mig": 0.25}
    assert found["settings"] == {}


def test_a_folder_without_runs_is_an_empty_list(terminal: Terminal) -> None:
    assert terminal("ls", "runs", "--json").json() == {"runs": []}
    assert "0 runs in runs" in terminal("ls", "runs").out
