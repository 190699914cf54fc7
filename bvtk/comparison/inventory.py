"""The runs below a folder with their states, sizes and dates, and how runs and what they no longer need are removed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from bvtk.comparison.contents.keys import HEADLINE, Measured, find_key, leaves, text_of
from bvtk.comparison.contents.rows import differing_settings, shortened
from bvtk.comparison.contents.sources import plain_recipe, scores_of
from bvtk.errors import BvtkError, RunBusyError, UsageError
from bvtk.files import remove_folder
from bvtk.lockfiles import is_locked
from bvtk.quantities import is_number
from bvtk.runs import RunFolder, checkpoints
from bvtk.sweep.progress import last_line, saved_step

State = Literal["running", "done", "trained", "stopped", "damaged"]


@dataclass(frozen=True)
class Listed:
    """A run on the disk.

    Args:
        state: `done` if every stage is finished, `trained` if only the training is, `stopped` if the training is not
            and no process works on it, `damaged` if its recipe or scores can't be read.
        step: the newest logged step; 0 if there is none.
        run: its recipe and scores; empty if they can't be read.
        size: bytes on the disk.
        written: when one of its files was last written.
    """

    folder: RunFolder
    state: State
    step: int
    run: Measured
    size: int
    written: datetime

    @property
    def steps(self) -> int | None:
        """The length of its training; None if it is not known."""
        return _steps_of(self.run.recipe)

    @property
    def scores(self) -> dict[str, float]:
        """The headline score of each metric."""
        found = {name: parts.get(HEADLINE) for name, parts in self.run.scores.items()}
        return {name: float(score) for name, score in found.items() if is_number(score)}


def list_runs(out: Path) -> list[Listed]:
    """The runs in a folder, the newest first. Only their small files are read, and no model or data set."""
    folders = (RunFolder(file.parent) for file in out.glob("*/recipe.yaml") if not file.parent.is_symlink())
    found = [_listed(folder) for folder in folders if folder.checkpoints.is_dir()]
    return sorted(found, key=lambda listed: (listed.written, listed.folder.path.name), reverse=True)


def _listed(folder: RunFolder) -> Listed:
    step = last_line(folder.log).get("step", 0)
    files = [file.lstat() for file in _files(folder.path)]
    written = datetime.fromtimestamp(max((file.st_mtime for file in files), default=0.0), UTC)
    try:
        recipe: dict[str, Any] | None = plain_recipe(folder.recipe)
        scores = scores_of(folder)
    except BvtkError:
        recipe, scores = None, {}
    run = Measured(folder.path.name, recipe or {}, scores)
    size = sum(file.st_size for file in files)
    return Listed(folder, _state(folder, recipe), step if isinstance(step, int) else 0, run, size, written)


def _state(folder: RunFolder, recipe: Mapping[str, Any] | None) -> State:
    if is_locked(folder.lock):
        return "running"
    if recipe is None:
        return "damaged"
    if folder.finished:
        return "done"
    return "trained" if saved_step(folder) == _steps_of(recipe) else "stopped"


def _steps_of(recipe: Mapping[str, Any]) -> int | None:
    steps = (recipe.get("training") or {}).get("steps")
    return steps if isinstance(steps, int) else None


def _files(folder: Path) -> Iterable[Path]:
    return (Path(parent, name) for parent, _, names in os.walk(folder) for name in names)


def settings_of(runs: Sequence[Listed]) -> list[dict[str, str]]:
    """Of each run, the values in which the runs differ, their seed included, by the shortest unique end of the key."""
    read = [listed.run for listed in runs if listed.run.recipe]
    differing = [path for path in differing_settings(read) if path != ("name",)]
    names = shortened(differing)
    seeds = len({run.recipe.get("seed") for run in read}) > 1
    found = []
    for listed in runs:
        own = dict(leaves(listed.run.recipe))
        settings = {names[path]: text_of(own[path]) for path in differing if path in own}
        found.append(settings | ({"seed": str(own["seed",])} if seeds and ("seed",) in own else {}))
    return found


_FACTS: Mapping[str, Any] = {
    "state": lambda listed: listed.state,
    "step": lambda listed: listed.step,
    "size": lambda listed: listed.size,
    "date": lambda listed: listed.written.timestamp(),
}


def values_of(runs: Sequence[Listed], key: str) -> list[Any]:
    """A value of each run: its state, step, size or date, else a part of its recipe or scores; None if it has none.

    Raises:
        UsageError: if no run has the key.
    """
    if key in _FACTS or not runs:
        return [_FACTS[key](listed) for listed in runs]
    found = find_key(key, [listed.run for listed in runs])
    return [found.of(listed.run) for listed in runs]


def matching(runs: Sequence[Listed], conditions: Sequence[str]) -> list[Listed]:
    """The runs that meet all conditions `KEY=VALUE`, each compared as text.

    Raises:
        UsageError: if a condition has no `=`, or no run has its key.
    """
    wanted = [condition.partition("=") for condition in conditions]
    for condition, (_, equals, _) in zip(conditions, wanted, strict=True):
        if not equals:
            raise UsageError(f"expected KEY=VALUE, found {condition!r}", "write, for example, --where state=done")
    columns = [[text_of(value) == text for value in values_of(runs, key)] for key, _, text in wanted]
    return [listed for listed, *met in zip(runs, *columns, strict=True) if all(met)]


def ordered(runs: Sequence[Listed], key: str) -> list[Listed]:
    """The runs by a value, the largest number first, then words in their order, then runs without one.

    Raises:
        UsageError: if no run has the key.
    """
    pairs = sorted(zip(values_of(runs, key), runs, strict=True), key=lambda pair: text_of(pair[0]))
    return [listed for _, listed in sorted(pairs, key=lambda pair: _rank(pair[0]), reverse=True)]


def _rank(value: Any) -> tuple[bool, float]:
    return (is_number(value), float(value) if is_number(value) else 0.0)


def check_removable(folder: RunFolder) -> None:
    """Checks that a folder holds a run, or the record of a sweep, and nothing else.

    Raises:
        UsageError: if it does not.
        RunBusyError: if a process is writing to it.
    """
    path = folder.path
    sweep = (path / "sweep.json").is_file() and (path / "cells").is_dir()
    if path.is_symlink() or not (sweep or (folder.recipe.is_file() and folder.checkpoints.is_dir())):
        raise UsageError(f"{path} is not a run folder", "give run folders; `bvtk ls runs` lists them")
    own = {"sweep.json", "cells", "logs", ".lock"} if sweep else {part.name for part in folder.parts}
    others = sorted(entry.name for entry in path.iterdir() if entry.name not in own and not entry.name.endswith(".tmp"))
    if others:
        raise UsageError(
            f"{path} holds {others[0]!r}, which bvtk did not write", "move it, or delete the folder by hand"
        )
    if is_locked(folder.lock):
        raise RunBusyError(f"{path} is in use", "wait until it is done, or stop it")


def size_of(path: Path) -> int:
    """The bytes of a folder's files."""
    return sum(file.lstat().st_size for file in _files(path))


def spare_checkpoints(listed: Listed) -> list[Path]:
    """The checkpoints of a finished run that nothing needs: all but the newest."""
    return [path for _, path in checkpoints(listed.folder.checkpoints)[1:]] if listed.state == "done" else []


def remove(folder: RunFolder) -> None:
    """Removes a run or the record of a sweep.

    Raises:
        BvtkError: as `check_removable` does.
    """
    check_removable(folder)
    with folder.locked():
        remove_folder(folder.path)
