"""Shared by the verbs: options, consoles, tables, plugins and the display of errors."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from bvtk.errors import BvtkError, Interrupted, RecipeError, one_line
from bvtk.quantities import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

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
FolderPlugins = Annotated[
    bool, typer.Option("--plugins", help="Load plugins/*.py even if they are not trusted yet (see bvtk trust).")
]
NoPlugins = Annotated[bool, typer.Option("--no-plugins", help="Ignore plugins/*.py and installed plugins.")]
Targets = Annotated[
    list[Path],
    typer.Argument(
        metavar="TARGET",
        help="Run folders, folders of them, folders of sweeps, recipes, or exported models.",
        show_default=False,
    ),
]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Parent folder of run folders.")]
Device = Annotated[str, typer.Option("--device", metavar="cpu|cuda|mps|auto", help="Device to compute on.")]

Part = str | tuple[str, str]
"""Text, or text with its style."""


_results: ContextVar[TextIO | None] = ContextVar("results", default=None)


@contextmanager
def keeping_stdout() -> Iterator[None]:
    """Keeps stdout for results: what plugins print inside the block goes to stderr."""
    token = _results.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _results.reset(token)


def out_console() -> Console:
    """The console for results: stdout, plain text if it is not a terminal."""
    from rich.console import Console

    return Console(file=_results.get(), soft_wrap=True, highlight=False, emoji=False)


def error_console() -> Console:
    """The console for progress, warnings and errors: stderr."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def line(*parts: Part) -> Text:
    """One line for a console, whose parts can't control the terminal or begin another line."""
    from rich.text import Text

    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((one_line(text), style) for text, style in pairs))


def show(*parts: Part) -> None:
    """Prints a line to stdout."""
    out_console().print(line(*parts))


def say(*parts: Part) -> None:
    """Prints a line to stderr."""
    error_console().print(line(*parts))


def print_json(value: Any) -> None:
    """Prints one JSON document to stdout."""
    for text in json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).split("\n"):
        safe = text if text.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)
        (_results.get() or sys.stdout).write(f"{safe}\n")


def new_table(*headings: str, numbers: Collection[str] = ()) -> Table:
    """An empty table without lines.

    Args:
        headings: of all columns; what is in parentheses gets a line of its own.
        numbers: of columns of numbers, which are aligned to the right.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        align: Any = "right" if heading in numbers else "left"
        title = Text("\n(").join(map(line, heading.split(" (")))
        table.add_column(title, justify=align, no_wrap=True, vertical="bottom")
    return table


def add_row(table: Table, *cells: Part) -> None:
    """Adds a row of text, each cell on one line."""
    table.add_row(*map(line, cells))


def print_table(table: Table) -> None:
    """Prints a table to stdout without cutting anything, however narrow the terminal."""
    from rich.measure import Measurement

    console = out_console()
    console.width = Measurement.get(console, console.options.update_width(10_000), table).maximum
    console.print(table)


def load_plugins(
    plugin: PluginFiles = None, plugins: FolderPlugins = False, no_plugins: NoPlugins = False
) -> Discovery:
    """Registers all components. Says on stderr which plugin files are loaded, and warns about those that are not.

    Args:
        plugin: files from the command line.
        plugins: whether to trust the plugins of the working folder.
        no_plugins: whether to ignore the plugins of the working folder and installed ones.
    """
    from bvtk.plugins import discover

    found = discover(None if no_plugins else Path(), plugin or (), not no_plugins, plugins)
    for warning in found.warnings:
        say((f"warning: {warning}", "yellow"))
    if files := [origin.name for origin in found.loaded if origin.source == "file"]:
        say((f"plugins: {', '.join(files)}", "dim"))
    return found


def with_plugins(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with the options about plugins, which are loaded before it runs.

    A verb with a parameter of the name of such an option gets its value; one with the parameter `found` gets the
    result of `load_plugins`.
    """
    own = inspect.signature(verb, eval_str=True, locals={"Discovery": Any}).parameters
    options = inspect.signature(load_plugins, eval_str=True, locals={"Discovery": Any}).parameters

    @wraps(verb)
    def loading(**arguments: Any) -> None:
        with keeping_stdout():
            arguments["found"] = load_plugins(**{name: arguments[name] for name in options})
            verb(**{name: arguments[name] for name in own})

    parameters = {name: parameter for name, parameter in (own | options).items() if name != "found"}
    loading.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    loading.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    return loading


def print_error(error: BvtkError) -> None:
    """Prints an error to stderr; for a recipe, all problems with their places."""
    if not isinstance(error, RecipeError):
        said = () if isinstance(error, Interrupted) else (("error: ", "bold red"),)  # a stop was asked for
        say(*said, error.message)
        if error.hint:
            say(f"  {error.hint}")
        return
    for problem in error.problems:
        say((problem.place, "bold"), "  ", (problem.text, "red"))
        for text in (*problem.excerpt.splitlines(), *([f"   {problem.hint}"] if problem.hint else [])):
            say(text)
    say(f"{counted(len(error.problems), 'error')}.", f" {error.hint}" if error.hint else "")


def problem_facts(error: RecipeError) -> list[dict[str, Any]]:
    """The problems of a recipe for JSON."""
    keys = ("file", "line", "column", "key", "message", "hint")
    return [{key: getattr(problem, key) for key in keys} for problem in error.problems]


def print_json_error(error: BvtkError) -> None:
    """Prints an error to stdout, for scripts that asked for JSON."""
    facts = {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}
    print_json({"error": facts | ({"problems": problem_facts(error)} if isinstance(error, RecipeError) else {})})
