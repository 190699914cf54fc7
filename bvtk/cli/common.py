"""Shared by the verbs: options, consoles, tables, plugins and the display of errors."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Collection
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bvtk.counting import counted
from bvtk.errors import BvtkError, RecipeError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bvtk.plugins import Discovery

Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY=VALUE", help="Override values, such as objective.beta=8.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON to stdout.")]
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


def say(text: str, style: str = "") -> None:
    """Prints a line to stderr."""
    error_console().print(text, style=style, markup=False)


def print_json(value: Any) -> None:
    """Prints one JSON document to stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def new_table(*headings: str, numbers: Collection[str] = ()) -> Table:
    """An empty table without lines.

    Args:
        headings: of all columns.
        numbers: of columns of numbers, which are aligned to the right.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        align: Any = "right" if heading in numbers else "left"
        table.add_column(Text(heading), justify=align, no_wrap=True, vertical="bottom")
    return table


def print_table(table: Table) -> None:
    """Prints a table to stdout without cutting anything, however narrow the terminal."""
    from rich.measure import Measurement

    console = out_console()
    console.width = Measurement.get(console, console.options.update_width(10_000), table).maximum
    console.print(table)


def load_plugins(plugin: PluginFiles = None, no_plugins: NoPlugins = False) -> Discovery:
    """Registers all components, and warns on stderr about plugins that can't be imported.

    Args:
        plugin: files from the command line.
        no_plugins: whether to ignore the plugins of the working folder and installed ones.
    """
    from bvtk.plugins import discover

    found = discover(None if no_plugins else Path(), plugin or (), installed=not no_plugins)
    for broken in found.broken:
        say(f"warning: {broken}", "yellow")
    return found


def with_plugins(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with the options `--plugin` and `--no-plugins`. It runs when the plugins are loaded."""
    own = inspect.signature(verb, eval_str=True)
    options = inspect.signature(load_plugins, eval_str=True, locals={"Discovery": Any})

    @wraps(verb)
    def loading(**arguments: Any) -> None:
        load_plugins(**{name: arguments.pop(name) for name in options.parameters})
        verb(**arguments)

    parameters = [*own.parameters.values(), *options.parameters.values()]
    loading.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    loading.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return loading


def print_error(error: BvtkError) -> None:
    """Prints an error to stderr; for a recipe, all problems with their places."""
    console = error_console()
    if not isinstance(error, RecipeError):
        console.print("error: ", style="bold red", end="")
        console.print(error.message, markup=False)
        if error.hint:
            console.print(f"  {error.hint}", markup=False)
        return
    for problem in error.problems:
        console.print(problem.place, style="bold", markup=False, end="  ")
        console.print(problem.text, markup=False, style="red")
        for text in filter(None, (problem.excerpt, problem.hint and f"   {problem.hint}")):
            console.print(text, markup=False)
    hint = f" {error.hint}" if error.hint else ""
    console.print(f"{counted(len(error.problems), 'error')}.{hint}", markup=False)
