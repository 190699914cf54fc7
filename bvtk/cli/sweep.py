"""`bvtk sweep`: every cell of a recipe's sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, Device, NoPlugins, Out, Overrides, PluginFiles, load_plugins


def sweep(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe file with `sweep`.", show_default=False)],
    overrides: Overrides = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Cells at a time; by default one a GPU, or one a core."),
    ] = None,
    out: Out = Path("runs"),
    device: Device = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the cells and how they stand, run none.")] = False,
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Run every cell of a sweep, several at a time, each as `bvtk run` would; finished ones are never run again.

    The same command resumes a sweep that was stopped. Exits with 1 where cells failed; they stop no others.

    Example: bvtk sweep recipes/paper/table.yaml

    Example: bvtk sweep recipes/quickstart.yaml sweep.seeds=3 'sweep.grid.objective.beta=[1, 4]' --dry-run
    """
    from bvtk.cli.sweeping import Request, list_cells, run_cells

    load_plugins(plugin, no_plugins)
    options = ["--device", device, *(word for file in plugin or () for word in ("--plugin", str(file)))]
    request = Request(recipe, tuple(overrides or ()), out, device, workers)
    if dry_run:
        list_cells(request, as_json)
    elif run_cells(request, [*options, *(["--no-plugins"] if no_plugins else [])], as_json):
        raise typer.Exit(1)
