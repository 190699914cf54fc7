"""`bvtk sweep`: every cell of a recipe's sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import (
    AsJson,
    Device,
    FolderPlugins,
    NoPlugins,
    Out,
    Overrides,
    PluginFiles,
    print_error,
    print_json,
    with_plugins,
)

if TYPE_CHECKING:
    from bvtk.jobs import Launcher
    from bvtk.sweep.record import Status, SweepFolder


@with_plugins
def sweep(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe file with `sweep`.", show_default=False)],
    overrides: Overrides = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", min=1, help="Number of parallel workers (default: one per GPU, else one per core)."),
    ] = None,
    launcher: Annotated[
        str,
        typer.Option("--launcher", metavar="NAME", help="Where the cells run, as NAME or NAME:field=value,…."),
    ] = "local",
    out: Out = Path("runs"),
    device: Device = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the cells without running any.")] = False,
    plugin: PluginFiles = None,
    plugins: FolderPlugins = False,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Run every cell of a sweep as `bvtk run` would, several at a time. Finished cells are not run again.

    The same command resumes a stopped sweep. If a cell fails, the others go on, and the exit code is 1.

    Example: bvtk sweep recipes/paper/table.yaml

    Example: bvtk sweep recipes/quickstart.yaml sweep.seeds=3 'sweep.grid.objective.beta=[1, 4]' --dry-run
    """
    from bvtk.cli.named import component_named
    from bvtk.cli.sweep_table import print_cells, sweep_facts
    from bvtk.component import launchers
    from bvtk.sweep.cells import read_sweep
    from bvtk.sweep.driver import recorded_statuses, statuses
    from bvtk.sweep.record import SweepFolder

    cells = read_sweep(recipe, overrides or ())
    folder, spec = SweepFolder(cells, out), component_named("--launcher", launcher, launchers)
    if dry_run:
        found = recorded_statuses(cells, out)
        if as_json:
            print_json(sweep_facts(folder, found))
        else:
            print_cells(found)
        return
    options = ["--device", device, *(word for file in plugin or () for word in ("--plugin", str(file)))]
    options += [name for name, given in (("--plugins", plugins), ("--no-plugins", no_plugins)) if given]
    found = statuses(cells, out)
    _run(folder, found, spec.build(len(found), device, workers), options, as_json)
    if any(status.state == "failed" for status in found):
        raise typer.Exit(1)


def _run(
    folder: SweepFolder, found: Sequence[Status], launcher: Launcher, options: Sequence[str], as_json: bool
) -> None:
    """Runs the cells and prints the result; with JSON also if a signal ends the sweep."""
    from bvtk.cli.sweep_progress import watching_sweep
    from bvtk.cli.sweep_table import print_failures, print_result, sweep_facts
    from bvtk.errors import Interrupted
    from bvtk.stopping import Stop
    from bvtk.sweep.driver import Driver

    try:
        with Stop().listening() as stop, folder.locked(), watching_sweep(found, launcher.workers) as watcher:
            Driver(found, folder, launcher, options, stop, watcher).run()
    except Interrupted as error:
        if not as_json:
            raise
        print_error(error)
        print_json({**sweep_facts(folder, found), "stopped": True})
        raise typer.Exit(error.exit_code) from error
    print_failures(folder, found)
    if as_json:
        print_json({**sweep_facts(folder, found), "stopped": False})
    else:
        print_result(folder, found)
