"""Reads runs from run folders, folders of them, sweeps, recipes, exports, and results saved as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bvtk.comparison.contents.keys import Measured, canonical, completed, curves_of, facts_of
from bvtk.comparison.contents.saved import read_saved
from bvtk.component import parse
from bvtk.errors import BvtkError, RunError, UsageError
from bvtk.identity import check_records
from bvtk.metadata import opened_export
from bvtk.recipe import load_recipe, recipe_sha256, resolved
from bvtk.recipe.shipped import recipe_file
from bvtk.recipe.source import read_document
from bvtk.recipe.sweep_schema import Published
from bvtk.runs import RunFolder, find_run, read_json, read_lines


@dataclass(frozen=True)
class Found:
    """The runs of a target.

    Args:
        runs: those with scores, in a stable order.
        left_out: which others there are, and why they are left out.
        published: values from the literature to compare them with.
        planned: cells of a sweep that have no scores yet; None if they are not known.
        damaged: the errors of runs that can't be read, which are left out too.
    """

    runs: tuple[Measured, ...]
    left_out: tuple[str, ...] = ()
    published: Published | None = None
    planned: tuple[Measured, ...] | None = ()
    damaged: tuple[BvtkError, ...] = ()


def gather(targets: Sequence[str | Path], out: Path = Path("runs")) -> Found:
    """The runs of all targets, each once; those of a recipe are in the folder `out`.

    Raises:
        UsageError: if a target is none of these, or no target has a run with scores.
        BvtkError: if every run with scores is damaged.
    """
    found = [read_target(Path(target), out) for target in targets]
    runs, twice = _each_once(run for part in found for run in part.runs)
    left_out = tuple(dict.fromkeys([*(word for part in found for word in part.left_out), *twice]))
    if not runs:
        for damaged in (error for part in found for error in part.damaged):
            raise damaged
        named = ", ".join(map(str, targets)) or "nothing"
        hint = "; ".join(left_out[:3]) or "give a run folder, such as runs/quickstart-1a2b3c4d, or its parent"
        raise UsageError(f"no run with scores in {named}", hint)
    published = next((part.published for part in found if part.published), None)
    plans = [part.planned for part in found]
    planned = None if None in plans else tuple(cell for plan in plans for cell in plan or ())
    return Found(tuple(runs), left_out, published, planned)


def read_target(path: Path, out: Path = Path("runs")) -> Found:
    """The runs of one target; those of a recipe are in the folder `out`.

    Raises:
        RecipeError: with every error of a recipe.
        UsageError: if it is not a kind of target, or a file is damaged.
        RunError: if the record of a sweep is damaged.
    """
    path = find_run(recipe_file(path), out)
    if path.is_dir():
        return _read_folder(path)
    if not path.exists():
        raise UsageError(f"no such file or folder: {path}", "give a run folder, or a folder of run folders")
    if path.suffix == ".safetensors":
        return Found((read_export_facts(path),))
    if path.suffix == ".json":
        runs, left_out, published = read_saved(path)
        return Found(runs, left_out, published, None if left_out else ())
    if path.suffix in (".yaml", ".yml"):
        return _read_recipe(path, out)
    raise UsageError(
        f"{path} has no runs",
        "give a run folder, a folder of them, a recipe, a model.safetensors, or the output of `bvtk compare --json`",
    )


def read_run(path: Path) -> Measured | None:
    """Reads a run folder; None if the run has no scores yet, or there is no such folder.

    Raises:
        RunError: if its files are damaged.
    """
    folder = RunFolder(path)
    if not folder.scores.is_file():
        return None
    scores = scores_of(folder)
    plain = plain_recipe(folder.recipe)
    check_records(folder, recipe_sha256(plain))
    recipe = completed(plain)
    evaluations, log = read_lines(folder.evaluations), folder.read_log()
    try:
        curves, facts = curves_of(evaluations), facts_of(log)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"the logs of {path} are damaged: {error!r}", "run it again, or leave it out") from error
    latents = folder.latents if folder.latents.is_file() else None
    export = folder.export if folder.export.is_file() else None
    return Measured(path.resolve().name, recipe, scores, facts, curves, _pictures(folder), latents, export)


def scores_of(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """The scores of a run; empty if it has none yet.

    Raises:
        RunError: if they are damaged.
    """
    scores = read_json(folder.scores) if folder.scores.is_file() else {}
    if not isinstance(scores, dict) or not all(isinstance(parts, dict) for parts in scores.values()):
        raise RunError(f"{folder.scores} is damaged: expected one object per metric", "evaluate the run again")
    return scores


def _pictures(folder: RunFolder) -> dict[str, Path]:
    """The figures of the report, without links out of the run folder: the page is shown to others."""
    files = [] if folder.figures.is_symlink() else sorted(folder.figures.glob("*.png"))
    return {file.stem: file for file in files if not file.is_symlink()}


def read_export_facts(path: Path) -> Measured:
    """The recipe and the scores in an exported model; its tensors are not read.

    Raises:
        UsageError: if it is not an export of bvtk, or has no scores.
    """
    with opened_export(path, "np") as (said, _, _):
        recipe = completed(said.recipe)
    if not said.scores:
        raise UsageError(f"{path} has no scores", "score the run with `bvtk evaluate`, and export it again")
    return Measured(str(path), recipe, said.scores, _facts(recipe, math.prod(said.image_shape)), export=path)


def _read_folder(path: Path) -> Found:
    if (path / "recipe.yaml").is_file():
        return _read_runs([path])
    if (path / "sweep.json").is_file():
        return _read_sweep(path)
    found = _read_runs(sorted(file.parent for file in path.glob("*/recipe.yaml")))
    return replace(found, runs=tuple(sorted(found.runs, key=_by_contents)))


def _read_recipe(path: Path, out: Path) -> Found:
    """The run of a recipe, or the runs of its sweep in the order of the sweep."""
    from bvtk.api import run_folder
    from bvtk.sweep.cells import read_sweep

    loaded = load_recipe(path)
    if loaded.recipe.sweep is None:
        return _read_runs([run_folder(loaded.recipe, out).path])
    sweep = read_sweep(path)
    found = _read_runs(cell.folder(out).path for cell in sweep.cells)
    scored = {run.run for run in found.runs}
    waiting = [cell for cell in sweep.cells if cell.folder_name not in scored]
    planned = tuple(Measured(cell.folder_name, resolved(cell.recipe), {}) for cell in waiting)
    return replace(found, published=sweep.published, planned=planned)


def _read_sweep(path: Path) -> Found:
    """The runs of a sweep, which are next to its folder."""
    facts = read_json(path / "sweep.json")
    try:
        names = [Path(str(cell["run"])).name for cell in facts["cells"]]
        published = None if facts.get("published") is None else parse(Published, facts["published"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{path / 'sweep.json'} is damaged: {error!r}", "run the sweep again") from error
    found = _read_runs(path.parent / name for name in names)
    scored = {run.run for run in found.runs}
    recipes = [path / "cells" / f"{name}.yaml" for name in names if name not in scored]
    known = all(recipe.is_file() for recipe in recipes)
    planned = tuple(Measured(recipe.stem, completed(plain_recipe(recipe)), {}) for recipe in recipes if known)
    return replace(found, published=published, planned=planned if known else None)


def _by_contents(run: Measured) -> tuple[str, str, int]:
    """An order that does not depend on the hashes in the names of folders."""
    rest = {key: value for key, value in run.recipe.items() if key != "seed"}
    return run.name, canonical(rest), run.recipe.get("seed", 0)


def _read_runs(folders: Iterable[Path]) -> Found:
    runs, left_out, damaged = [], [], []
    for folder in folders:
        try:
            if run := read_run(folder):
                runs.append(run)
            else:
                left_out.append(f"{folder} has {'no scores yet' if folder.is_dir() else 'not been run yet'}")
        except BvtkError as error:
            damaged.append(error)
            left_out.append(error.message)
    return Found(tuple(runs), tuple(left_out), damaged=tuple(damaged))


def _each_once(runs: Iterable[Measured]) -> tuple[list[Measured], list[str]]:
    """The runs without repetitions, and a message for each repetition with other scores."""
    first: dict[str, Measured] = {}
    twice = []
    for run in runs:
        identity = canonical(run.recipe)
        known = first.setdefault(identity, run)
        if known is run:
            continue
        if known.scores != run.scores:
            twice.append(f"{run.run} has the same recipe and seed as {known.run}, but other scores")
        shown = known if known.pictures else run
        curves, export = known.curves or run.curves, known.export or run.export
        first[identity] = replace(known, pictures=shown.pictures, latents=shown.latents, curves=curves, export=export)
    return list(first.values()), twice


def plain_recipe(path: Path) -> dict[str, Any]:
    """The recipe of a run folder as plain data.

    Raises:
        BvtkError: if it can't be read, or is damaged.
    """
    document = read_document(path, str(path))
    if document.problems or document.root is None:
        raise RunError(f"{path} is damaged: {document.problems[0]}", "restore it, or leave the run out")
    plain: dict[str, Any] = document.root.plain()
    return plain


def _facts(recipe: Mapping[str, Any], pixels: int) -> dict[str, float]:
    """β at the end of training and β_norm, if they follow from the recipe alone."""
    objective, model = recipe.get("objective") or {}, recipe.get("model") or {}
    schedule = objective.get("beta")
    beta = schedule.get("value", schedule.get("end")) if isinstance(schedule, Mapping) else schedule
    latents = model.get("latents")
    if not isinstance(beta, int | float) or not isinstance(latents, int):
        return {}
    return {"beta": float(beta), "beta_norm": beta * latents / pixels}
