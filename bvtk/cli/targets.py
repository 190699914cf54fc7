"""The run that `run`, `train`, `evaluate`, `export` and `report` work on."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bvtk.api import run_folder
from bvtk.cli.common import print_json, print_table, show
from bvtk.cli.progress import watching
from bvtk.cli.results import scores_table
from bvtk.engine.process import prepare_process
from bvtk.errors import UsageError
from bvtk.identity import check_identity
from bvtk.recipe import LoadedRecipe, load_recipe
from bvtk.recipe.shipped import recipe_file
from bvtk.runs import RunFolder, find_run
from bvtk.stopping import Stop


class Target(NamedTuple):
    """A run: its recipe, its folder, which may not exist yet, and the recipe file and overrides to go on from."""

    loaded: LoadedRecipe
    folder: RunFolder
    file: Path
    overrides: Sequence[str]


def target_of(given: Path, overrides: Sequence[str] | None, out: Path) -> Target:
    """The run of a recipe file, or of a run folder, which takes no overrides.

    Raises:
        RecipeError: with everything that is wrong in the recipe.
        UsageError: if the path is neither.
    """
    given, changes = given if recipe_file(given) != given else find_run(given, out), overrides or ()
    if not given.is_dir():
        loaded = load_recipe(given, changes)
        return Target(loaded, run_folder(loaded.recipe, out), given, changes)
    folder = RunFolder(given)
    if not folder.recipe.is_file():
        raise UsageError(f"{given} is not a run folder: it has no recipe.yaml", "give a recipe file or a run folder")
    if changes:
        raise UsageError(
            f"a run folder takes no overrides, found {changes[0]!r}",
            f"to train a new run with it: {shlex.join(('bvtk', 'run', str(folder.recipe), *changes))}",
        )
    return Target(load_recipe(folder.recipe), folder, folder.recipe, ())


def run_stage(stage: str, target: Target, device: str, as_json: bool, again: bool = False) -> None:
    """Runs a stage and those before it, with progress on stderr, and prints the result.

    Args:
        stage: `train`, `evaluate`, `export` or `report`.
        target: the run.
        device: `cpu`, `cuda`, `mps` or `auto`.
        as_json: whether to print JSON.
        again: whether to do the stage again if it is done.
    """
    loaded, folder = target.loaded, target.folder
    done_before = folder.finished and not again
    if done_before:
        check_identity(folder, loaded.recipe)
    else:
        prepare_process()
        with Stop().listening() as stop, stop.deferred():  # torch drops exceptions while it imports NumPy
            from bvtk.pipeline import working
        with watching() as listener, working(loaded, folder, device, listener) as pipeline:
            options = {} if stage == "train" else {"again": again}
            getattr(pipeline, stage)(**options)
    paths = {"run": folder.path, "report": folder.report, "export": folder.export}
    there = {name: str(path) if path.exists() else None for name, path in paths.items()}
    scores = folder.read_scores()
    if as_json:
        print_json({**there, "already_complete": done_before, "scores": scores})
        return
    if done_before:
        show(("already complete", "bold"), f": {folder.path}")
    if scores:
        print_table(scores_table(scores))
    for name, path in there.items():
        if path:
            show((f"{name:<6}", "bold"), f"  {path}")
    show("")
    show("Try next:")
    for command in _next_commands(target):
        show(f"  {shlex.join(command)}")


def _next_commands(target: Target) -> list[tuple[str, ...]]:
    """Commands for the same recipe, with the overrides of this run and another β or seed."""
    recipe, file = target.loaded.recipe, str(target.file)

    def with_change(key: str, value: int) -> tuple[str, ...]:
        kept = [override for override in target.overrides if override.partition("=")[0] != key]
        return ("bvtk", "run", file, *kept, f"{key}={value}")

    has_beta = recipe.objective is not None and "beta" in type(recipe.objective).model_fields
    weaker = [with_change("objective.beta", 1)] if has_beta else []
    return [*weaker, with_change("seed", recipe.seed + 1), ("bvtk", "show", file, *target.overrides)]


def evaluate_export(path: Path, overrides: Sequence[str] | None, device: str, as_json: bool) -> None:
    """Scores an exported model on the data of its recipe, and prints the scores.

    Raises:
        UsageError: if there are overrides, or the file is not an export.
    """
    if overrides:
        raise UsageError(f"an exported model takes no overrides, found {overrides[0]!r}")
    prepare_process()
    from bvtk.build import build_dataset
    from bvtk.engine.devices import choose_device
    from bvtk.evaluate.representation import images_encoded
    from bvtk.evaluate.scores import evaluate, warnings_of
    from bvtk.events import Progressed, StageStarted, Warned
    from bvtk.export import read_export
    from bvtk.quantities import counted

    with Stop().listening(), watching() as listener:
        export = read_export(path)
        place = choose_device(device)
        dataset = build_dataset(export.recipe)
        if dataset.provenance != export.metadata["data"]:
            changed = f"{export.metadata['data']} → {dataset.provenance}"
            listener(Warned(f"the data set is not the one that trained the model: {changed}"))
        images = counted(images_encoded(len(dataset), export.model.latents), "image")
        listener(StageStarted("evaluate", f"encoding {images}"))
        model = export.model.to(place)
        found = evaluate(export.recipe, model, dataset, place, lambda *counts: listener(Progressed(*counts)))
        for warning in warnings_of(found.scores, found.unscored):
            listener(Warned(warning))
    if as_json:
        print_json(found.scores)
    else:
        print_table(scores_table(found.scores))
