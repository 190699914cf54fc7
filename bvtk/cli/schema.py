"""`bvtk schema`: what editors complete and check recipes with."""

from __future__ import annotations

import typer

from bvtk.cli.common import AsJson, NoPlugins, PluginFiles, load_plugins, print_json


def schema(plugin: PluginFiles = None, no_plugins: NoPlugins = False, as_json: AsJson = True) -> None:
    """Print the JSON Schema of recipes, plugins included.

    A recipe whose first line is `# yaml-language-server: $schema=recipe.schema.json` is then completed and
    checked by editors.

    Example: bvtk schema > recipes/recipe.schema.json
    """
    from bvtk.recipe.json_schema import recipe_schema

    del as_json  # there is no other form
    load_plugins(plugin, no_plugins)
    print_json(recipe_schema())


def add_to(app: typer.Typer) -> None:
    """Registers the verb."""
    app.command("schema")(schema)
