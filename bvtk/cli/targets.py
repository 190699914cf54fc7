"""The run that `run`, `train`, `evaluate`, `export` and `report` work on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bvtk.api import run_folder
from bvtk.cli.progress import watching
from bvtk.cli.results import show_run
from bvtk.engine.process import prepare_process
from bvtk.errors import UsageError
from bvtk.identity import check_identity
from bvtk.recipe import LoadedRecipe, load_recipe
from bvtk.runs import RunFolder, find_run
from bvtk.stopping import Stop


@dataclass(frozen=True)
class Target:
    """A run, by its recipe or by its folder.

    Args:
        given: the path on the command line.
        loaded: the recipe.
        folder: its run folder, which may not exist yet.
    """

    given: Path
    loaded: LoadedRecipe
    folder: RunFolder


def target_of(given: Path, overrides: Sequence[str], out: Path) -> Target:
    """The run of a recipe file, or of a run folder, which takes no overrides.

    Raises:
        RecipeError: with everything that is wrong in the recipe.
        UsageError: if the path is neither.
    """
    given = find_run(given, out)
    if not given.is_dir():
        loaded = load_recipe(given, overrides)
        return Target(given, loaded, run_folder(loaded.recipe, out))
    folder = RunFolder(given)
    if not folder.recipe.is_file():
        raise UsageError(f"{given} is not a run folder: it has no recipe.yaml", "Give a recipe file or a run folder.")
    if overrides:
        raise UsageError(
            f"a run folder takes no overrides, found {overrides[0]!r}",
            f"To train a new run with it: {shlex.join(('bvtk', 'run', str(folder.recipe), *overrides))}",
        )
    return Target(given, load_recipe(folder.recipe), folder)


def run_stage(stage: str, target: Target, device: str, as_json: bool, again: bool = False) -> None:
    """Runs a stage and those before it, with progress on stderr, and prints the result.

    Args:
        stage: `train`, `evaluate`, `export` or `report`.
        target: the run.
        device: `cpu`, `cuda`, `mps` or `auto`.
        as_json: whether to print JSON.
        again: whether to do the stage again if it is done.
    """
    folder = target.folder
    done_before = folder.finished and not again
    if done_before:
        check_identity(folder, target.loaded.recipe)
    else:
        prepare_process()
        _work(stage, target, device, again)
    show_run(folder, target.loaded.recipe, target.given, done_before, as_json)


def _work(stage: str, target: Target, device: str, again: bool) -> None:
    with Stop().listening() as stop, stop.deferred():  # torch drops exceptions while it imports NumPy
        from bvtk.pipeline import working

    with watching() as listener, working(target.loaded, target.folder, device, listener) as pipeline:
        if stage == "train":
            pipeline.train()
        else:
            {"evaluate": pipeline.evaluate, "export": pipeline.export, "report": pipeline.report}[stage](again)
