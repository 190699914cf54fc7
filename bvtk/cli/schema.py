"""`bvtk schema`: the JSON Schema of recipes, for editors."""

from __future__ import annotations

from typing import Annotated

import typer

from bvtk.cli.common import NoPlugins, PluginFiles, load_plugins, print_json


def schema(
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, which is the only format.", show_default=False)
    ] = True,
) -> None:
    """Print the JSON Schema of recipes, including the components of plugins.

    Editors complete and check recipes whose first line is `# yaml-language-server: $schema=recipe.schema.json`.

    Example: bvtk schema > recipes/recipe.schema.json
    """
    from bvtk.recipe.json_schema import recipe_schema

    del as_json
    load_plugins(plugin, no_plugins)
    print_json(recipe_schema())
