"""`bvtk run` and its stages: `train`, `evaluate`, `export` and `report`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, Device, Out, Overrides, with_plugins

RunOrRecipe = Annotated[
    Path, typer.Argument(metavar="RUN_OR_RECIPE", help="A recipe file or a run folder.", show_default=False)
]
Again = Annotated[bool, typer.Option("--again", help="Do the stage again if it is done.")]


@with_plugins
def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe file.", show_default=False)],
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Train, evaluate, export and report. Finished stages are skipped.

    The same command resumes an interrupted run, and reports a finished run as "already complete".

    Example: bvtk run recipes/quickstart.yaml objective.beta=8 seed=1
    """
    from bvtk.cli.targets import run_stage, target_of

    run_stage("report", target_of(recipe, overrides, out), device, as_json)


@with_plugins
def train(
    target: RunOrRecipe,
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    as_json: AsJson = False,
) -> None:
    """Train until the recipe's last step, from the newest checkpoint.

    Example: bvtk train recipes/quickstart.yaml training.steps=1000
    """
    from bvtk.cli.targets import run_stage, target_of

    run_stage("train", target_of(target, overrides, out), device, as_json)


def _stage(name: str, text: str) -> Callable[..., None]:
    """The verb of a stage after the training, with its help."""

    def verb(
        target: RunOrRecipe,
        overrides: Overrides = None,
        out: Out = Path("runs"),
        device: Device = "auto",
        again: Again = False,
        as_json: AsJson = False,
    ) -> None:
        from bvtk.cli.targets import evaluate_export, run_stage, target_of

        if name == "evaluate" and target.suffix == ".safetensors":
            evaluate_export(target, overrides, device, as_json)
        else:
            run_stage(name, target_of(target, overrides, out), device, as_json, again)

    verb.__name__, verb.__doc__ = name, text
    return with_plugins(verb)


evaluate = _stage(
    "evaluate",
    """Score a trained model with its recipe's metrics.

    For an exported model.safetensors, the scores are printed and nothing is written.

    Example: bvtk evaluate runs/quickstart-1a2b3c4d --again
    """,
)
export = _stage(
    "export",
    """Write model.safetensors: weights, recipe and scores in one file.

    Example: bvtk export runs/quickstart-1a2b3c4d
    """,
)
report = _stage(
    "report",
    """Write report.html, its figures and the model card.

    Example: bvtk report runs/quickstart-1a2b3c4d --again
    """,
)
