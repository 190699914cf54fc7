"""A run writes into its own folder alone, whatever its name and whatever links lie there, and has one writer."""

from __future__ import annotations

import json
import os
import shutil
import string
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bvtk.api import complete, run_folder
from bvtk.cli.init import _NAMES
from bvtk.errors import BvtkError, RecipeError, RunError
from bvtk.events import Event, Logged, StageStarted
from bvtk.locks import LockLostError, file_lock
from bvtk.pipeline import working
from bvtk.plugins import discover
from bvtk.recipe import load_recipe, parse_recipe
from bvtk.runs import RunFolder, append_line
from bvtk.sweep.cells import read_sweep
from bvtk.sweep.record import SweepFolder
from tests.conftest import Cli

RECIPE: dict[str, Any] = {
    "dataset": {"type": "arrays", "path": "data.npz"},
    "model": {"type": "vae", "encoder": "mlp", "decoder": "mlp"},
    "objective": "beta_vae",
    "training": {"steps": 0},
}
PARTS = st.sampled_from(["..", ".", "/", "\\", "~", "-", "_", "a", "7", "C:", "\n", "\0", " ", "é", "\u202e", "$x"])
NAMES = st.lists(PARTS | st.characters(codec="utf-8"), max_size=6).map("".join) | st.text("ab.-_/", max_size=70)


CHARACTERS = set(string.ascii_letters + string.digits + "._-")


@settings(max_examples=300, deadline=None)
@given(NAMES)
def test_a_name_is_refused_or_a_folder_right_below_the_parent(name: str) -> None:
    discover(None, installed=False)
    safe = (
        0 < len(name) <= 64 and name.strip(".") != "" and all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
    )
    assert bool(_NAMES["recipe"][0].fullmatch(name)) == safe
    try:
        recipe = parse_recipe(RECIPE | {"name": name})
    except RecipeError:
        assert not safe
        return
    assert safe
    path = run_folder(recipe, Path("runs")).path
    assert path.parent == Path("runs")
    assert path.name.startswith(f"{name}-")
    assert Path("runs").resolve() == path.resolve().parent


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Somebody's files, which must stay as they are."""
    folder = tmp_path / "outside"
    (folder / "step-5").mkdir(parents=True)
    for name in ("file", "step-5/keep", ".step-5.12-00c0ffee.tmp", ".a.12-00c0ffee.old"):
        (folder / name).write_text("precious")
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


LINKS = {
    "checkpoints": "",
    "figures": "",
    "metrics.jsonl": "file",
    "evaluations.jsonl": "file",
    ".lock": "file",
    "recipe.source.yaml": "file",
    "environment.json": "file",
    "scores.json": "file",
    "latents.safetensors": "file",
    "model.safetensors": "file",
    "report.html": "file",
    "README.md": "file",
}


@pytest.mark.filterwarnings("ignore:posterior collapse")
@pytest.mark.parametrize(("name", "target"), LINKS.items())
def test_a_link_planted_in_a_run_folder_leads_nothing_out_of_it(
    workplace: Path, outside: Path, name: str, target: str
) -> None:
    discover(None, installed=False)
    overrides = ["training.steps=2", "training.evaluate_every=1", "metrics=[mig]", "training.checkpoint_every=1"]
    loaded = load_recipe(Path("tiny.yaml"), overrides)
    folder = run_folder(loaded.recipe, Path("runs"))
    folder.path.mkdir(parents=True)
    (folder.path / name).symlink_to(outside / target)
    before = contents(outside)
    with suppress(BvtkError):
        complete(loaded, folder, "cpu")
    assert contents(outside) == before


def test_parts_that_are_links_are_named(tmp_path: Path, outside: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    folder.log.symlink_to(outside / "file")
    with pytest.raises(RunError, match=r"metrics\.jsonl is a symbolic link"):
        folder.create()
    folder.log.unlink()
    folder.create()
    append_line(folder.log, {"step": 1})


def test_a_run_folder_that_is_a_link_keeps_the_files_of_its_target(workplace: Path, outside: Path) -> None:
    discover(None, installed=False)
    loaded = load_recipe(Path("tiny.yaml"))
    folder = run_folder(loaded.recipe, Path("runs"))
    folder.path.parent.mkdir(exist_ok=True)
    folder.path.symlink_to(outside)
    (outside / "README.md").write_text("precious")
    before = contents(outside)
    with pytest.raises(RunError, match="is a symbolic link, but a run writes only to its own folder"):
        complete(loaded, folder, "cpu")
    assert contents(outside) == before


def test_planted_names_of_temporary_files_remove_nothing_else(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "runs" / "run")
    folder.create()
    folder.figures.mkdir()
    others = [
        folder.path / ".thesis.1-00000000.tmp",
        folder.checkpoints / ".thesis.1-00000000.tmp",
        folder.figures / ".thesis.1-00000000.tmp",
        folder.path.parent / ".run.1-00000000.tmp",
    ]
    planted = [folder.path / name for name in ("...1-00000000.tmp", "....1-00000000.tmp")]  # of `.` and of `..`
    left = [
        folder.path / ".scores.json.1-00000000.tmp",
        folder.checkpoints / ".step-5.1-00000000.tmp",
        folder.figures / ".kl.png.1-00000000.tmp",
    ]
    for path in (*others, *planted, *left):
        path.write_text("precious")
    folder.tidy()
    assert all(path.exists() for path in others)
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize("name", ["metrics.jsonl", "evaluations.jsonl"])
def test_a_pipe_in_a_run_folder_is_named(tmp_path: Path, name: str) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    os.mkfifo(folder.path / name)
    with pytest.raises(RunError, match="is a pipe or a device, expected a file"):
        folder.create()


def test_a_parent_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "runs").symlink_to(tmp_path / "disk")
    RunFolder(tmp_path / "runs" / "run").create()
    assert (tmp_path / "disk" / "run" / "checkpoints").is_dir()


@pytest.mark.parametrize("name", ["", "cells", "logs", "logs/a.log", ".lock"])
def test_a_link_planted_in_a_sweeps_folder_leads_nothing_out_of_it(workplace: Path, outside: Path, name: str) -> None:
    discover(None, installed=False)
    Path("sweep.yaml").write_text(Path("tiny.yaml").read_text() + "sweep: {seeds: 2}\n")
    folder = SweepFolder(read_sweep("sweep.yaml"), Path("runs"))
    (folder.path / name).parent.mkdir(parents=True)
    (folder.path / name).symlink_to(outside / "file" if "." in name else outside)
    before = contents(outside)
    with pytest.raises(BvtkError, match=f"{name or folder.path.name} is a|{name}: "), folder.locked():
        pass
    assert contents(outside) == before


def test_a_lock_is_no_link(tmp_path: Path, outside: Path) -> None:
    (tmp_path / ".lock").symlink_to(outside / "file")
    with pytest.raises(BvtkError, match="cannot open the lock file"), file_lock(tmp_path / ".lock"):
        pass
    assert (outside / "file").read_text() == "precious"


STARTER = """
import json, sys, time
from pathlib import Path
slept, sleep = 0, time.sleep
def counted(seconds):
    global slept
    slept += seconds
    sleep(seconds)
time.sleep = counted
from bvtk.errors import RunBusyError
from bvtk.runs import RunFolder
folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
print("ready", flush=True)
for number in range(rounds):
    sys.stdin.readline()
    slept = 0
    try:
        with RunFolder(folder).locked():
            print(json.dumps(["won", slept, ""]), flush=True)
            sys.stdin.readline()
    except RunBusyError as error:
        print(json.dumps([error.exit_code, slept, error.message]), flush=True)
        sys.stdin.readline()
    print("out", flush=True)
"""


def started_at_once(folder: Path, rounds: int, starters: int = 8) -> None:
    """Lets processes start at once, again and again: one wins, all others say after little waiting whom they found."""
    command = [sys.executable, "-c", STARTER, str(folder), str(rounds)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "bufsize": 1}
    processes = [subprocess.Popen(command, **pipes) for _ in range(starters)]
    try:
        assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * starters
        for _ in range(rounds):
            found = [json.loads(line) for line in _told(processes)]
            (winner,) = (p.pid for p, (what, _, _) in zip(processes, found, strict=True) if what == "won")
            for what, slept, message in found:
                assert what in ("won", 2)
                assert slept < 1
                assert what == "won" or f"in use by process {winner}" in message
            assert set(_told(processes)) == {"out\n"}
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _told(processes: list[subprocess.Popen[str]]) -> list[str]:
    """What each answers when all are told to go on."""
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.stdout.readline() for process in processes if process.stdout]


def test_of_eight_starters_at_once_one_wins(tmp_path: Path) -> None:
    RunFolder(tmp_path).create()
    started_at_once(tmp_path, rounds=20)


@pytest.mark.soak
def test_of_eight_starters_at_once_one_wins_at_length(tmp_path: Path) -> None:
    RunFolder(tmp_path).create()
    started_at_once(tmp_path, rounds=2_000)


def test_a_second_command_ends_and_names_the_first(cli: Cli) -> None:
    recipe = load_recipe(cli.folder / "tiny.yaml").recipe
    folder = run_folder(recipe, cli.folder / "runs")
    folder.create()
    with folder.locked():
        done = cli("run", "tiny.yaml", code=2)
    assert f"is in use by process {os.getpid()} on " in done.stderr


class Vandal:
    """Removes or replaces the lock of a run at an event, as `rm` from another terminal would."""

    def __init__(self, folder: RunFolder, at: str, how: str) -> None:
        self._folder, self._at, self._how = folder, at, how
        self.left: dict[str, bytes] = {}

    def __call__(self, event: Event) -> None:
        stage = event.stage if isinstance(event, StageStarted) else "step" if isinstance(event, Logged) else ""
        if stage != self._at or self.left:
            return
        if self._how == "folder":
            shutil.rmtree(self._folder.path)
            self._folder.create()
        else:
            self._folder.lock.unlink()
        with RunFolder(self._folder.path).locked():  # the same command again, which gets the lock
            pass
        self.left = contents_of(self._folder)


def contents_of(folder: RunFolder) -> dict[str, bytes]:
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in folder.path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("how", ["lock", "folder"])
@pytest.mark.parametrize("at", ["train", "step", "evaluate", "export", "report"])
def test_a_run_whose_lock_was_removed_writes_nothing_more(workplace: Path, at: str, how: str) -> None:
    discover(None, installed=False)
    loaded = load_recipe(Path("tiny.yaml"))
    folder = run_folder(loaded.recipe, Path("runs"))
    vandal = Vandal(folder, at, how)
    with (
        pytest.raises(LockLostError, match=r"\.lock was removed or replaced while it was in use") as caught,
        working(loaded, folder, "cpu", vandal) as pipeline,
    ):
        pipeline.report()
    assert caught.value.exit_code == 1
    assert vandal.left
    assert contents_of(folder) == vandal.left
