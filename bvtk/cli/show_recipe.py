"""`bvtk show RECIPE`: the complete recipe with the origin of each value, or the layers of its model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bvtk.cli.common import add_row, new_table, print_json, print_table, show
from bvtk.quantities import counted
from bvtk.recipe import LoadedRecipe, Recipe, resolved
from bvtk.recipe.marks import dotted
from bvtk.recipe.variants import load_sweep
from bvtk.recipe.writing import lines

_WIDEST = 60
"""The longest line that counts for the column of origins."""


def show_recipe(path: str, overrides: Sequence[str], layers: bool, as_json: bool) -> None:
    """Prints a recipe with its overrides, or the layers of its model."""
    sweep = load_sweep(path, overrides)
    loaded = sweep.loaded
    found = _layers_of(loaded.recipe) if layers else None
    if as_json:
        complete = {"recipe": resolved(loaded.recipe), "origins": dict(loaded.origins)}
        cells = {"cells": len(sweep.variants)} if loaded.recipe.sweep else {}
        print_json(complete | cells | ({"layers": found} if found else {}))
    elif found:
        _print_layers(found)
    else:
        _print_recipe(loaded)
        if loaded.recipe.sweep:
            count = counted(len(sweep.variants), "cell")
            show((f"# sweep: {count}. List them with `bvtk sweep {loaded.path} --dry-run`.", "dim"))


def _print_recipe(loaded: LoadedRecipe) -> None:
    origins = dict(loaded.origins)
    if loaded.recipe.training.sampler is None:
        origins["training.sampler"] = f"default: {loaded.recipe.model.sampler}"
    data = resolved(loaded.recipe)
    rows = [(text, origins.get(dotted(path), "") if path is not None else "") for text, path in lines(data)]
    width = max((len(text) for text, _ in rows if len(text) <= _WIDEST), default=0)
    for text, origin in rows:
        style = "dim" if origin.startswith("default") else "cyan"
        show(text.ljust(width) if origin else text, (f"  # {origin}" if origin else "", style))


def _layers_of(recipe: Recipe) -> dict[str, Any]:
    """Every layer of a recipe's model, with shapes and parameter counts, as JSON values."""
    from bvtk.build import build_dataset, build_model
    from bvtk.layers import describe_layers

    image = recipe.dataset.image_shape or build_dataset(recipe).image_shape
    return {"image": list(image), **asdict(describe_layers(build_model(recipe, image), image, recipe.model))}


def _print_layers(layers: dict[str, Any]) -> None:
    show(f"images {_shape(layers['image'])}")
    table = new_table("layer", "type", "output", "parameters", numbers=["parameters"])
    for row in layers["rows"]:
        count = f"{row['parameters']:,}" if row["parameters"] else "–"
        add_row(table, row["name"], row["type"], _shape(row["output"]), count)
    print_table(table)
    parts = ", ".join(f"{name} {count:,}" for name, count in layers["parts"].items() if count)
    show(f"{layers['parameters']:,} parameters" + (f": {parts}" if parts else ""))


def _shape(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))
