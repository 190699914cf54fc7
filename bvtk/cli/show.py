"""`bvtk show`: a complete recipe, or one component."""

from __future__ import annotations

from typing import Annotated

import typer

from bvtk.cli.common import AsJson, with_plugins


@with_plugins
def show(
    target: Annotated[
        str, typer.Argument(metavar="RECIPE|KIND", help="Recipe file, or kind of component.", show_default=False)
    ],
    rest: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KEY=VALUE|NAME", help="Overrides of the recipe, or name of the component.", show_default=False
        ),
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Show the model's layers, shapes and parameters.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a recipe with all defaults and the origin of each value, or a component with its keys.

    Example: bvtk show recipes/quickstart.yaml objective.beta=8

    Example: bvtk show recipes/quickstart.yaml --layers

    Example: bvtk show encoder burgess
    """
    from bvtk.component import REGISTRIES

    if target in REGISTRIES:
        from bvtk.cli.show_component import show_component

        show_component(REGISTRIES[target], rest or [], layers, as_json)
    else:
        from bvtk.cli.show_recipe import show_recipe

        show_recipe(target, rest or [], layers, as_json)
