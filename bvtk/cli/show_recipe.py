"""What `bvtk show` prints of a recipe or a component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bvtk.cli.common import out_console, print_json
from bvtk.cli.show_component import component_facts, print_component
from bvtk.cli.show_layers import layers_of, print_layers
from bvtk.component import REGISTRIES
from bvtk.counting import counted
from bvtk.errors import UsageError
from bvtk.recipe import resolved
from bvtk.recipe.marks import dotted
from bvtk.recipe.variants import LoadedSweep, load_sweep
from bvtk.recipe.writing import lines

_WIDEST = 60
"""Values longer than this push their origin out of its column."""


def show_anything(what: Sequence[str], layers: bool, as_json: bool) -> None:
    """Prints a component where a kind is named, else a recipe with its overrides.

    Args:
        what: the words on the command line.
        layers: whether to show the networks' layers.
        as_json: whether to print JSON.
    """
    if what[0] in REGISTRIES:
        _component(what, layers, as_json)
    else:
        _recipe(load_sweep(what[0], what[1:]), layers, as_json)


def _component(what: Sequence[str], layers: bool, as_json: bool) -> None:
    kind = what[0]
    if len(what) != 2:
        raise UsageError(f"name one {kind}", f"bvtk show {kind} NAME; `bvtk ls {kind}` lists them")
    if layers:
        raise UsageError("--layers is for recipes", f"bvtk show {kind} {what[1]}")
    facts = component_facts(REGISTRIES[kind], what[1])
    if as_json:
        print_json(facts)
    else:
        print_component(facts)


def _recipe(sweep: LoadedSweep, layers: bool, as_json: bool) -> None:
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
            _print_cells(sweep)


def _print_cells(sweep: LoadedSweep) -> None:
    count = len(sweep.variants)
    said = f"# sweep: {counted(count, 'cell')}, which `bvtk sweep {sweep.loaded.path} --dry-run` lists"
    out_console().print(said, style="dim", markup=False)


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
