"""The Python API: run recipes, load models, open data sets, score arrays."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bvtk.component import Slot, datasets
from bvtk.component import metrics as metric_registry
from bvtk.engine.process import prepare_process
from bvtk.errors import UsageError, printable
from bvtk.events import Listener, warn
from bvtk.identity import check_identity
from bvtk.plugins import discover, plugins_used
from bvtk.protocols import Dataset
from bvtk.recipe import LoadedRecipe, Recipe, load_recipe, parse_component, recipe_hash
from bvtk.runs import RunFolder, find_run
from bvtk.trained_run import Run

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Component = str | Mapping[str, Any]
"""A component as in a recipe: its name, or a mapping with `type`."""


def run(
    recipe: str | Path,
    *overrides: str,
    out: str | Path = "runs",
    device: str = "auto",
    plugins: Sequence[str | Path] = (),
    listeners: Sequence[Listener] = (),
) -> Run:
    """Trains, evaluates, exports and reports, like `bvtk run`. Finished stages are not repeated.

    Args:
        recipe: path of a recipe.
        overrides: such as `"objective.beta=8"`.
        out: the parent of run folders.
        device: `cpu`, `cuda`, `mps` or `auto`.
        plugins: plugin files in addition to `plugins/*.py` of the working folder.
        listeners: functions that receive each event of the run (`bvtk.events`); warnings are Python warnings as well.

    Raises:
        RecipeError: with every error of the recipe.
        BvtkError: if a stage fails.
    """
    prepare_process()
    _discover(plugins)
    loaded = load_recipe(Path(recipe), overrides)
    folder = run_folder(loaded.recipe, Path(out))
    if folder.finished:
        check_identity(folder, loaded.recipe)
    else:
        complete(loaded, folder, device, listeners)
    return load(folder.path, plugins=plugins)


def complete(loaded: LoadedRecipe, folder: RunFolder, device: str, listeners: Sequence[Listener] = ()) -> None:
    """Runs every stage that is not finished; warnings are Python warnings."""
    from bvtk.pipeline import working

    with working(loaded, folder, device, warn, *listeners) as pipeline:
        pipeline.report()


def run_folder(recipe: Recipe, parent: Path) -> RunFolder:
    """The folder of a run, `<parent>/<name>-<hash>`. The hash covers the recipe with its seed, and plugins."""
    versions = [origin.version for origin in plugins_used(recipe)]
    return RunFolder(parent / f"{recipe.name}-{recipe_hash(recipe, versions)}")


def load(path: str | Path, plugins: Sequence[str | Path] = ()) -> Run:
    """Loads a trained model from a run folder or an exported file. The recipe file and the data are not needed.

    Args:
        path: a run folder, the start of the name of one in `runs/`, or a `model.safetensors`.
        plugins: plugin files that the model needs, in addition to `plugins/*.py` of the working folder.

    Raises:
        UsageError: if there is no such model, it is damaged, or a plugin that it needs is missing.
    """
    from bvtk.export import read_export

    file, home = find_run(Path(path), Path("runs")), None
    if file.is_dir():
        folder, home = RunFolder(file), file
        if not folder.export.is_file():
            raise UsageError(f"{file} has no model.safetensors", f"create it with `bvtk export {file}`")
        file = folder.export
    _discover(plugins)
    return Run(read_export(file), file, home)


def load_dataset(dataset: Component) -> Dataset:
    """Opens a data set. It is prepared first if necessary.

    Args:
        dataset: as in a recipe: `"dsprites"`, or `{"type": "arrays", "path": "mine.npz"}`.

    Raises:
        UsageError: if there is no such data set, or its fields are wrong.
        DataError: if its files are missing or damaged.
    """
    _discover(())
    opened: Dataset = parse_component(Slot(datasets), dataset).open()
    return opened


def score(
    codes: ArrayLike,
    factors: ArrayLike,
    metrics: Sequence[Component] = ("beta_vae_score", "mig"),
    seed: int = 0,
    *,
    codes_test: ArrayLike | None = None,
    factors_test: ArrayLike | None = None,
    factor_names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Scores a representation; the same dict as `bvtk score --json`.

    Args:
        codes: (n, d) floats, one row per image.
        factors: (n, k) integers from 0.
        metrics: metrics as in a recipe.
        seed: the same seed gives the same scores.
        codes_test: (m, d), for metrics with a test set. By default, they split or sample the codes by the seed.
        factors_test: (m, k).
        factor_names: one per factor; the `paper` protocol leaves out the one named `shape`.

    Raises:
        UsageError: if the arrays or the metrics are wrong.
    """
    from bvtk.metrics.scoring.arrays import as_codes
    from bvtk.metrics.scoring.compute import score as compute

    if isinstance(metrics, str | Mapping) or not isinstance(metrics, Sequence):
        hint = f"write metrics=[{metrics!r}]" if isinstance(metrics, str | Mapping) else 'for example metrics=["mig"]'
        raise UsageError(f"metrics: expected a list, found {printable(repr(metrics), 200)}", hint)
    given: Any = seed
    if not isinstance(given, Integral) or seed < 0:
        raise UsageError(f"seed: expected an integer from 0, found {seed!r}")
    _discover(())
    specs = [parse_component(Slot(metric_registry), metric) for metric in metrics]
    return compute(as_codes(codes, factors, factor_names, codes_test, factors_test), specs, seed)


def _discover(plugins: Sequence[str | Path]) -> None:
    for warning in discover(Path(), [Path(file) for file in plugins]).warnings:
        warnings.warn(warning, stacklevel=3)
