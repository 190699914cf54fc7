"""`bvtk show RECIPE`: the complete recipe and the origin of each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.cli.common import out_console, print_json
from bvtk.cli.show_layers import layers_of, print_layers
from bvtk.counting import counted
from bvtk.recipe import resolved
from bvtk.recipe.marks import dotted
from bvtk.recipe.variants import load_sweep
from bvtk.recipe.writing import lines

_WIDEST = 60
"""The longest line that counts for the column of origins."""


def show_recipe(path: str, overrides: Sequence[str], layers: bool, as_json: bool) -> None:
    """Prints a recipe with its overrides, or the layers of its model."""
    sweep = load_sweep(path, overrides)
    loaded = sweep.loaded
    found = layers_of(loaded.recipe) if layers else None
    if as_json:
        complete = {"recipe": resolved(loaded.recipe), "origins": dict(loaded.origins)}
        cells = {"cells": len(sweep.variants)} if loaded.recipe.sweep else {}
        print_json(complete | cells | ({"layers": found} if found else {}))
    elif found:
        print_layers(found)
    else:
        _print_recipe(resolved(loaded.recipe), loaded.origins)
        if loaded.recipe.sweep:
            count = counted(len(sweep.variants), "cell")
            text = f"# sweep: {count}. List them with `bvtk sweep {loaded.path} --dry-run`."
            out_console().print(text, style="dim", markup=False)


def _print_recipe(data: dict[str, Any], origins: Mapping[str, str]) -> None:
    from rich.text import Text

    console = out_console()
    rows = [(text, origins.get(dotted(path), "") if path is not None else "") for text, path in lines(data)]
    width = max((len(text) for text, _ in rows if len(text) <= _WIDEST), default=0)
    for text, origin in rows:
        comment = f"  # {origin}" if origin else ""
        line = Text(text.ljust(width) if comment else text)
        line.append(comment, style="dim" if origin == "default" else "cyan")
        console.print(line)
