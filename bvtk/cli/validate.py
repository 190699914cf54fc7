"""`bvtk validate`: checks recipes."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, print_error, print_json, problem_facts, say, show, with_plugins
from bvtk.errors import RecipeError, UsageError


@with_plugins
def validate(
    recipes: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE|KEY=VALUE",
            help="Recipe files, and overrides for all of them.",
            show_default=False,
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Check recipes and report all errors, each with its file, line and column.

    If a recipe has a `sweep`, every cell is checked. The exit code is 2 if there are errors. Values that are probably
    not meant, such as a learning rate of 1, cause warnings.

    Example: bvtk validate recipes/*.yaml

    Example: bvtk validate recipes/quickstart.yaml objective.beta=8 --json
    """
    from bvtk.recipe.doubts import doubts
    from bvtk.recipe.variants import load_sweep

    overrides = [text for text in recipes if "=" in text and not os.path.exists(text)]  # noqa: PTH110 - of any length
    files = [text for text in dict.fromkeys(recipes) if text not in overrides]
    if not files:
        raise UsageError("no recipe is given", "run, for example, `bvtk validate recipes/quickstart.yaml`")
    errors: dict[str, RecipeError] = {}
    warnings: dict[str, list[str]] = {}
    for file in files:
        try:
            warnings[file] = doubts(load_sweep(file, overrides).loaded.recipe)
        except RecipeError as error:
            errors[file] = error
    if as_json:
        print_json(
            {
                "errors": [problem for error in errors.values() for problem in problem_facts(error)],
                "warnings": [{"file": file, "message": text} for file, texts in warnings.items() for text in texts],
            }
        )
    else:
        for file in files:
            if file in errors:
                print_error(errors[file])
            else:
                show(f"{file}: valid")
                for text in warnings[file]:
                    say((f"warning: {text}", "yellow"))
    if errors:
        raise typer.Exit(2)
