"""`bvtk validate`: checks recipes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bvtk.cli.common import AsJson, NoPlugins, PluginFiles, load_plugins, out_console, print_error, print_json
from bvtk.errors import RecipeError, UsageError


def validate(
    recipes: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE|KEY=VALUE",
            help="Recipe files, and overrides for all of them.",
            show_default=False,
        ),
    ],
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Check recipes and report all errors, each with its file, line and column.

    If a recipe has a `sweep`, every cell is checked. The exit code is 2 if there are errors.

    Example: bvtk validate recipes/*.yaml

    Example: bvtk validate recipes/quickstart.yaml objective.beta=8 --json
    """
    load_plugins(plugin, no_plugins)
    files, overrides = split_arguments(recipes)
    if not files:
        raise UsageError("no recipe is given", "run, for example, `bvtk validate recipes/quickstart.yaml`")
    errors = {file: error for file in files if (error := _error_of(file, overrides))}
    if as_json:
        print_json({"errors": [_as_json(problem) for error in errors.values() for problem in error.problems]})
    else:
        _show(files, errors)
    if errors:
        raise typer.Exit(2)


def split_arguments(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Splits arguments into files and overrides. An argument with `=` that is not a file is an override."""
    overrides = [argument for argument in arguments if "=" in argument and not Path(argument).exists()]
    return [argument for argument in arguments if argument not in overrides], overrides


def _error_of(file: str, overrides: Sequence[str]) -> RecipeError | None:
    from bvtk.recipe.variants import load_sweep

    try:
        load_sweep(file, overrides)
    except RecipeError as error:
        return error
    return None


def _show(files: Sequence[str], errors: dict[str, RecipeError]) -> None:
    for file in dict.fromkeys(files):
        if file in errors:
            print_error(errors[file])
        else:
            out_console().print(f"{file}: valid", markup=False, emoji=False)


def _as_json(problem: Any) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in ("file", "line", "column", "key", "message", "hint")}
