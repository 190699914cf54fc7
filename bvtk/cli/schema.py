"""`bvtk schema`: the JSON Schema of recipes, for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from bvtk.cli.common import print_json, with_plugins


@with_plugins
def schema(
    as_json: Annotated[  # noqa: ARG001
        bool, typer.Option("--json", help="Print JSON, which is the only format.", show_default=False)
    ] = True,
) -> None:
    """Print the JSON Schema of recipes, including the components of plugins.

    Editors complete and check recipes whose first line is `# yaml-language-server: $schema=recipe.schema.json`.

    Example: bvtk schema > recipes/recipe.schema.json
    """
    from bvtk.recipe.json_schema import recipe_schema

    print_json(recipe_schema())
