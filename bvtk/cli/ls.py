"""`bvtk ls`: lists components."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from bvtk.cli.common import AsJson, Out, add_row, out_console, print_json, print_table, show, with_plugins
from bvtk.errors import UsageError
from bvtk.recipe.shipped import shipped_recipes, summary_of
from bvtk.registry import BUILT_IN, Entry, Registry, did_you_mean


@with_plugins
def ls(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Kind of component, such as encoder (default: all); or `runs`, or `recipes`.",
            show_default=False,
        ),
    ] = None,
    out: Out = Path("runs"),
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where", metavar="KEY=VALUE", help="List only runs with this value; may be repeated.", show_default=False
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="KEY", help="List the runs with the largest value first.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the available components, including those of plugins; or the runs in a folder, or the shipped recipes.

    Runs can be selected and sorted by state, step, size, date, and every key of their recipes and scores.

    Example: bvtk ls encoder

    Example: bvtk ls recipes

    Example: bvtk ls runs --where state=done --where model.latents=10 --sort mig
    """
    if kind == "runs":
        from bvtk.cli.ls_runs import ls_runs

        ls_runs(out, where or (), sort, as_json)
        return
    if kind == "recipes":
        found = [(name, summary_of(file), str(file)) for name, file in shipped_recipes().items()]
        if as_json:
            print_json({"recipes": [dict(zip(("name", "summary", "file"), row, strict=True)) for row in found]})
        else:
            _print_names([(name, summary) for name, summary, _ in found])
        return
    from bvtk.component import REGISTRIES

    registries = [_registry_of(kind)] if kind else list(REGISTRIES.values())
    if as_json:
        print_json({"components": [_as_json(r.kind, entry) for r in registries for entry in r.entries()]})
    else:
        _show(registries)


def _registry_of(kind: str) -> Registry[Any]:
    """The registry of a kind, given in the singular or plural."""
    from bvtk.component import REGISTRIES

    singular = kind if kind in REGISTRIES else kind.removesuffix("s")
    if singular not in REGISTRIES:
        raise UsageError(f"unknown kind of component {kind!r}, {did_you_mean(kind, sorted(REGISTRIES))}")
    return REGISTRIES[singular]


def _as_json(kind: str, entry: Entry[Any]) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": entry.name,
        "summary": entry.summary,
        "origin": str(entry.origin),
        "version": entry.origin.version,
        "place": entry.place,
    }


def _show(registries: list[Registry[Any]]) -> None:
    for number, registry in enumerate(registries):
        if number:
            show("")
        show((registry.kind, "bold cyan"))
        _print_names(
            (f"  {entry.name}", entry.summary + ("" if entry.origin == BUILT_IN else f" ({entry.origin})"))
            for entry in registry.entries()
        )


def _print_names(rows: Iterable[tuple[str, str]]) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2), pad_edge=False)
    for name, text in rows:
        add_row(table, (name, "bold"), text)
    if (console := out_console()).is_terminal:
        console.print(table)
    else:
        print_table(table)
