"""`bvtk show`: a complete recipe, or one component."""

from __future__ import annotations

from typing import Annotated

import typer

from bvtk.cli.common import AsJson, NoPlugins, PluginFiles, load_plugins


def show(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE [a.b=value]... | KIND NAME", help="A recipe, or a component.", show_default=False
        ),
    ],
    layers: Annotated[bool, typer.Option("--layers", help="Show the model's layers, shapes and parameters.")] = False,
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Show a recipe with every default and where each value came from, or what a component takes.

    Example: bvtk show recipes/quickstart.yaml objective.beta=8

    Example: bvtk show recipes/quickstart.yaml --layers

    Example: bvtk show encoder burgess
    """
    from bvtk.cli.show_recipe import show_anything

    load_plugins(plugin, no_plugins)
    show_anything(what, layers, as_json)


def add_to(app: typer.Typer) -> None:
    """Registers the verb."""
    app.command("show")(show)
