"""`bvtk run`: every stage of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, Device, NoPlugins, Out, Overrides, PluginFiles, load_plugins


def run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe file.", show_default=False)],
    overrides: Overrides = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Train, evaluate, export and report. Stages that are done are skipped.

    The same command resumes an interrupted run, and says "already complete" for a finished one.

    Example: bvtk run recipes/quickstart.yaml objective.beta=8 seed=1
    """
    from bvtk.cli.targets import run_stage, target_of

    load_plugins(plugin, no_plugins)
    run_stage("report", target_of(recipe, overrides or [], out), device, as_json)
