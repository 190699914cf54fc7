"""`bvtk train`, `evaluate`, `export` and `report`: one stage of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import (
    AsJson,
    Device,
    NoPlugins,
    Out,
    Overrides,
    PluginFiles,
    load_plugins,
    out_console,
    print_json,
)

RunOrRecipe = Annotated[
    Path, typer.Argument(metavar="RUN_OR_RECIPE", help="A recipe file or a run folder.", show_default=False)
]
Again = Annotated[bool, typer.Option("--again", help="Do the stage again if it is done.")]


def train(
    target: RunOrRecipe,
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Train until the recipe's last step, from the newest checkpoint.

    Example: bvtk train recipes/quickstart.yaml training.steps=1000
    """
    from bvtk.cli.targets import run_stage, target_of

    load_plugins(plugin, no_plugins)
    run_stage("train", target_of(target, overrides or [], out), device, as_json)


def evaluate(
    target: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_OR_RECIPE", help="A recipe file, a run folder, or a model.safetensors.", show_default=False
        ),
    ],
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    again: Again = False,
    as_json: AsJson = False,
) -> None:
    """Score a trained model with its recipe's metrics.

    For an exported file, the scores are printed and nothing is written.

    Example: bvtk evaluate runs/quickstart-1a2b3c4d --again
    """
    from bvtk.cli.targets import run_stage, target_of

    load_plugins(plugin, no_plugins)
    if target.suffix == ".safetensors":
        _evaluate_export(target, overrides or [], device, as_json)
    else:
        run_stage("evaluate", target_of(target, overrides or [], out), device, as_json, again)


def export(
    target: RunOrRecipe,
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    again: Again = False,
    as_json: AsJson = False,
) -> None:
    """Write model.safetensors: weights, recipe and scores in one file.

    Example: bvtk export runs/quickstart-1a2b3c4d
    """
    from bvtk.cli.targets import run_stage, target_of

    load_plugins(plugin, no_plugins)
    run_stage("export", target_of(target, overrides or [], out), device, as_json, again)


def report(
    target: RunOrRecipe,
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    again: Again = False,
    as_json: AsJson = False,
) -> None:
    """Write report.html, its figures and the model card.

    Example: bvtk report runs/quickstart-1a2b3c4d --again
    """
    from bvtk.cli.targets import run_stage, target_of

    load_plugins(plugin, no_plugins)
    run_stage("report", target_of(target, overrides or [], out), device, as_json, again)


def _evaluate_export(path: Path, overrides: list[str], device: str, as_json: bool) -> None:
    from bvtk.cli.progress import watching
    from bvtk.cli.results import scores_table
    from bvtk.engine.process import prepare_process
    from bvtk.errors import UsageError

    if overrides:
        raise UsageError(f"an exported model takes no overrides, found {overrides[0]!r}")
    prepare_process()
    from bvtk.build import build_dataset
    from bvtk.counting import counted
    from bvtk.engine.devices import choose_device
    from bvtk.evaluate.representation import images_encoded
    from bvtk.evaluate.scores import evaluate as measure
    from bvtk.evaluate.scores import warnings_of
    from bvtk.events import Progressed, StageStarted, Warned
    from bvtk.export import read_export
    from bvtk.stopping import Stop

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
        found = measure(export.recipe, model, dataset, place, lambda *counts: listener(Progressed(*counts)))
        for warning in warnings_of(found.scores, found.unscored):
            listener(Warned(warning))
    if as_json:
        print_json(found.scores)
    else:
        out_console().print(scores_table(found.scores))
