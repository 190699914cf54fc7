"""Shared by the verbs: options, consoles, plugins and the display of errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bvtk.counting import counted
from bvtk.errors import BvtkError, Problem, RecipeError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bvtk.plugins import Discovery

Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Override values, such as objective.beta=8.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON to stdout and nothing else.")]
PluginFiles = Annotated[
    list[Path] | None,
    typer.Option("--plugin", metavar="FILE", help="Plugin file to load; may be repeated.", show_default=False),
]
NoPlugins = Annotated[bool, typer.Option("--no-plugins", help="Ignore plugins/*.py and installed plugins.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Parent folder of run folders.")]
Device = Annotated[str, typer.Option("--device", metavar="cpu|cuda|mps|auto", help="Device to compute on.")]


def out_console() -> Console:
    """The console for results: stdout, plain text if it is not a terminal."""
    from rich.console import Console

    return Console(soft_wrap=True, highlight=False, emoji=False)


def error_console() -> Console:
    """The console for progress, warnings and errors: stderr."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def load_plugins(files: Sequence[Path] | None = None, disabled: bool = False) -> Discovery:
    """Registers all components, and warns on stderr about plugins that can't be imported.

    Args:
        files: from the command line.
        disabled: whether to ignore the plugins of the working folder and installed ones.
    """
    from bvtk.plugins import discover

    found = discover(None if disabled else Path(), files or (), installed=not disabled)
    for broken in found.broken:
        error_console().print(f"warning: {broken}", style="yellow", markup=False)
    return found


def print_json(value: Any) -> None:
    """Prints one JSON document to stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def print_whole(table: Table) -> None:
    """Prints a table without cutting anything, however narrow the terminal."""
    from rich.measure import Measurement

    console = out_console()
    wide = console.options.update_width(10_000)
    console.width = max(console.width, Measurement.get(console, wide, table).maximum)
    console.print(table)


def print_error(error: BvtkError) -> None:
    """Prints an error to stderr; for a recipe, all problems with their places."""
    console = error_console()
    if isinstance(error, RecipeError):
        for problem in error.problems:
            _print_problem(problem, console)
        hint = f" {error.hint}" if error.hint else ""
        console.print(f"{counted(len(error.problems), 'error')}.{hint}", markup=False)
        return
    console.print("error: ", style="bold red", end="")
    console.print(error.message, markup=False)
    if error.hint:
        console.print(f"  {error.hint}", markup=False)


def _print_problem(problem: Problem, console: Console) -> None:
    console.print(problem.place, style="bold", markup=False, end="  ")
    console.print(problem.text, markup=False, style="red")
    if problem.excerpt:
        console.print(problem.excerpt, markup=False)
    if problem.hint:
        console.print(f"   {problem.hint}", markup=False)
