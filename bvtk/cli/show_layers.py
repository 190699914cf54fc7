"""`bvtk show RECIPE --layers`: the table of layers."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bvtk.cli.common import out_console
from bvtk.recipe import Recipe


def layers_of(recipe: Recipe) -> dict[str, Any]:
    """Every layer of a recipe's model, with shapes and parameter counts, as JSON values.

    Raises:
        UsageError: if the model does not fit the images.
    """
    from bvtk.build import build_dataset, build_model
    from bvtk.layers import describe_layers

    image = recipe.dataset.image_shape or build_dataset(recipe).image_shape
    return {"image": list(image), **asdict(describe_layers(build_model(recipe, image), image, recipe.model))}


def print_layers(layers: dict[str, Any]) -> None:
    """Prints the result of `layers_of` as a table."""
    from rich.table import Table

    console = out_console()
    console.print(f"images {_shape(layers['image'])}")
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for header in ("layer", "type", "output"):
        table.add_column(header)
    table.add_column("parameters", justify="right")
    for row in layers["rows"]:
        table.add_row(
            row["name"], row["type"], _shape(row["output"]), f"{row['parameters']:,}" if row["parameters"] else "–"
        )
    console.print(table)
    parts = ", ".join(f"{name} {count:,}" for name, count in layers["parts"].items() if count)
    console.print(f"{layers['parameters']:,} parameters" + (f": {parts}" if parts else ""))


def _shape(shape: Any) -> str:
    return "×".join(map(str, shape))
