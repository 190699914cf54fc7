"""`bvtk sweep` as people run it: processes that train, end, fail and are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from subprocess import DEVNULL

import pytest

from bvtk.lockfiles import lock_owner
from bvtk.runs import RunFolder
from tests.cli.terminal import RECIPE, Terminal, terminal
from tests.conftest import Cli

__all__ = ["terminal"]

TINY = ("training.steps=2", "metrics=[]", "--workers", "2", "--device", "cpu")
PATIENCE = 600.0


@pytest.fixture
def sweeping(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line beside a tiny recipe and one that has nothing to train, which takes a process half the time."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    (cli.folder / "facts.yaml").write_text(
        "name: facts\ndataset: {type: arrays, path: data.npz}\nmodel: ground_truth\n"
    )
    cells = "cells: [{seeds: 2}, {recipe: facts.yaml, seeds: 3}, {dataset.path: none.npz}]"
    (cli.folder / "sweep.yaml").write_text(f"extends: tiny.yaml\nsweep: {{{cells}}}\n")
    return cli


def test_a_sweep_whose_driver_is_killed_runs_every_cell_once_and_lists_failures(
    sweeping: Cli, terminal: Terminal
) -> None:
    """Promise 10: five cells, and one whose data are missing."""
    killed_and_finished(sweeping, terminal, kills=2, trained=2)


@pytest.mark.soak
def test_a_sweep_of_12_cells_whose_driver_is_killed_five_times(sweeping: Cli, terminal: Terminal) -> None:
    cells = "cells: [{seeds: 4}, {recipe: facts.yaml, seeds: 8}, {dataset.path: none.npz}]"
    (sweeping.folder / "sweep.yaml").write_text(f"extends: tiny.yaml\nsweep: {{{cells}}}\n")
    killed_and_finished(sweeping, terminal, kills=5, trained=4)


def killed_and_finished(sweeping: Cli, terminal: Terminal, kills: int, trained: int) -> None:
    """Kills the driver of the sweep at random moments, and checks what the same command makes of it in the end."""
    moments = random.Random(0)
    command = ("sweep", "sweep.yaml", *TINY)
    *names, bad = [cell["run"] for cell in terminal(*command, "--dry-run", "--json").json()["cells"]]
    runs = [RunFolder(sweeping.folder / name) for name in names]
    files: dict[Path, int] = {}
    for _ in range(kills):
        wanted = sum(run.finished for run in runs) + moments.randint(0, 2)
        with sweeping.start(*command, stdout=DEVNULL, stderr=DEVNULL) as driver:
            _eventually(partial(_have_finished, runs, wanted))
            time.sleep(moments.uniform(0, 2))
            driver.kill()
        files |= _written(runs)
    with sweeping.start(*command, "--json") as driver:
        out, told = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 1
    done = json.loads(out)
    assert done["stopped"] is False
    assert [cell["run"] for cell in done["cells"]] == [*names, bad]
    assert [cell["state"] for cell in done["cells"]] == ["done"] * len(names) + ["failed"]
    assert all(cell["scores"] for cell in done["cells"][:trained])
    assert files
    assert {path: path.stat().st_mtime_ns for path in files} == files
    logs = sorted((sweeping.folder / done["sweep"] / "logs").iterdir())
    assert [log.stem for log in logs] == sorted(Path(name).name for name in (*names, bad))
    assert not any("already complete" in log.read_text() for log in logs)
    failure = told.partition(f"failed: {Path(bad).name} (exit code 2)\n")[2]
    assert "none.npz" in failure
    assert str(Path(done["sweep"], "logs", Path(bad).name)) in failure
    by_hand = terminal("run", "--json", "tiny.yaml", "training.steps=2", "metrics=[]", f"seed={trained - 1}").json()
    assert (by_hand["already_complete"], by_hand["run"]) == (True, names[trained - 1])


def test_a_killed_worker_costs_its_cell_and_a_stopped_driver_leaves_checkpoints(
    sweeping: Cli, terminal: Terminal
) -> None:
    long = ("sweep.cells=[{seeds: 2}]", "training.steps=1000000", *TINY[1:])
    first, second = (
        RunFolder(sweeping.folder / cell["run"])
        for cell in terminal("sweep", "sweep.yaml", *long, "--dry-run", "--json").json()["cells"]
    )
    with sweeping.start("sweep", "sweep.yaml", *long, "--json") as driver:
        _eventually(lambda: first.log.is_file() and second.log.is_file())
        os.kill(_owner(first), signal.SIGKILL)
        _eventually(lambda: _states(sweeping.folder)[0] == "failed")
        driver.send_signal(signal.SIGTERM)
        out, told = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 143
    facts = json.loads(out)
    assert facts["stopped"]
    assert [(cell["state"], cell.get("code")) for cell in facts["cells"]] == [("failed", -9), ("waiting", None)]
    assert f"failed: {first.path.name}" in told
    assert "stopped with 0 of 2 cells done" in told
    assert _states(sweeping.folder) == ["failed", "waiting"]
    assert any(second.checkpoints.iterdir())
    assert lock_owner(second.lock) is None


def test_the_cells_are_listed_without_running_any(terminal: Terminal) -> None:
    sweep = ("sweep", "r.yaml", "sweep.seeds=2", "sweep.grid.model.encoder.hidden=[[8], [16, 16]]")
    found = terminal(*sweep, "--dry-run")
    assert found.code == 0
    assert found.out.count("waiting") == 5
    assert "model.encoder.hidden=[16, 16]  " in found.out
    facts = terminal(*sweep, "--dry-run", "--json").json()
    assert [cell["seed"] for cell in facts["cells"]] == [0, 1, 0, 1]
    assert facts["cells"][0] == {
        "run": facts["cells"][0]["run"],
        "settings": {"model.encoder.hidden": [8]},
        "seed": 0,
        "state": "waiting",
        "scores": {},
    }
    assert not Path("runs").exists()
    assert "\n1 cell: 1 waiting\n" in terminal("sweep", "r.yaml", "sweep.seeds=1", "--dry-run").out


def test_the_list_says_which_failed_at_the_last_start(terminal: Terminal) -> None:
    command = ("sweep", "r.yaml", "sweep.seeds=2", "--dry-run")
    facts = terminal(*command, "--json").json()
    first, second = facts["cells"]
    Path(facts["sweep"]).mkdir(parents=True)
    states = [{"run": Path(first["run"]).name, "state": "running"}]
    states += [{"run": Path(second["run"]).name, "state": "failed", "code": -9}]
    Path(facts["sweep"], "sweep.json").write_text(json.dumps({"cells": states}))
    found = terminal(*command, "--json").json()["cells"]
    assert [cell["state"] for cell in found] == ["waiting", "failed"]
    assert found[1]["code"] == -9
    assert found[1]["log"].endswith(f"{Path(second['run']).name}.log")
    assert "2 cells: 1 waiting, 1 failed" in terminal(*command).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("r.yaml",), "r.yaml has no `sweep`"),
        (("r.yaml", "sweep.seeds=0"), "sweep.seeds: expected a number of seeds, at least 1, or a list"),
        (("r.yaml", "sweep.seeds=2", "--device", "gpu"), "unknown device 'gpu'"),
        (("r.yaml", "sweep.seeds=2", "--workers", "0"), "Invalid value for '--workers'"),
        (("r.yaml", "sweep.seeds=2", "--launcher", "locl"), "unknown launcher 'locl', did you mean 'local'?"),
        (("r.yaml", "sweep.seeds=2", "--launcher", "local:queue=long", "--dry-run"), "queue: unknown key"),
        (("none.yaml",), "none.yaml  no such file"),
    ],
)
def test_what_is_no_sweep_is_refused(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    found = terminal("sweep", *arguments)
    assert found.code == 2
    assert said in found.err


def test_validate_checks_every_cell_and_show_counts_them(terminal: Terminal) -> None:
    Path("r.yaml").write_text(RECIPE + "sweep:\n  seeds: 3\n  grid: {model.latents: [2, 0], objective.beta: [1, 2]}\n")
    found = terminal("validate", "r.yaml")
    assert found.code == 2
    assert found.err.startswith("r.yaml:14:29  model.latents: must be more than 0, found 0\n")
    assert "1 error." in found.err
    assert terminal("show", "r.yaml").code == 2
    good = "sweep.grid.model.latents=[2, 3]"
    assert terminal("show", "r.yaml", good).out.endswith(
        "# sweep: 12 cells. List them with `bvtk sweep r.yaml --dry-run`.\n"
    )
    assert terminal("show", "r.yaml", good, "--json").json()["cells"] == 12
    assert "sweep" not in terminal("show", "r.yaml", good, "--json").json()["recipe"]


def _written(runs: Sequence[RunFolder]) -> dict[Path, int]:
    """When each file of every finished run was written."""
    files = [path for run in runs if run.finished for path in run.path.rglob("*") if path.name != ".lock"]
    return {path: path.stat().st_mtime_ns for path in files if path.is_file()}


def _have_finished(runs: Sequence[RunFolder], count: int) -> bool:
    return sum(run.finished for run in runs) >= count


def _states(folder: Path) -> list[str]:
    (facts,) = folder.glob("runs/*-sweep-*/sweep.json")
    return [cell["state"] for cell in json.loads(facts.read_text())["cells"]]


def _owner(folder: RunFolder) -> int:
    owner = lock_owner(folder.lock)
    assert owner
    return owner.process


def _eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
