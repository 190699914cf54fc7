"""`bvtk ls`: lists components."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bvtk.cli.common import AsJson, NoPlugins, Out, PluginFiles, load_plugins, out_console, print_json
from bvtk.errors import UsageError
from bvtk.registry import BUILT_IN, Entry, Registry, did_you_mean


def ls(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND", help="Kind of component, such as encoder (default: all), or `runs`.", show_default=False
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
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """List the available components, including those of plugins, or the runs in a folder.

    Runs can be selected and sorted by state, step, size, date, and every key of their recipes and scores.

    Example: bvtk ls encoder

    Example: bvtk ls runs --where state=done --where model.latents=10 --sort mig
    """
    if kind == "runs":
        from bvtk.cli.ls_runs import ls_runs

        ls_runs(out, where or (), sort, as_json)
        return
    load_plugins(plugin, no_plugins)
    from bvtk.component import REGISTRIES

    registries = [registry_of(kind)] if kind else list(REGISTRIES.values())
    if as_json:
        print_json({"components": [_as_json(r.kind, entry) for r in registries for entry in r.entries()]})
    else:
        _show(registries)


def registry_of(kind: str) -> Registry[Any]:
    """The registry of a kind, given in the singular or plural.

    Raises:
        UsageError: if there is no such kind.
    """
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
    console = out_console()
    for number, registry in enumerate(registries):
        if number:
            console.print()
        console.print(registry.kind, style="bold cyan", markup=False)
        rows = [
            (entry.name, entry.summary + ("" if entry.origin == BUILT_IN else f" ({entry.origin})"))
            for entry in registry.entries()
        ]
        if console.is_terminal:
            _print_table(rows)
        else:
            width = max((len(name) for name, _ in rows), default=0)
            for name, text in rows:
                console.print(f"  {name.ljust(width)}  {text}", markup=False, emoji=False)


def _print_table(rows: list[tuple[str, str]]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2), pad_edge=False)
    for name, text in rows:
        table.add_row(Text(name, style="bold"), Text(text))
    out_console().print(Padding(table, (0, 0, 0, 2)))
