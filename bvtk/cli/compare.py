"""`bvtk compare`: show runs in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import AsJson, NoPlugins, Out, PluginFiles, error_console, load_plugins, out_console, print_json
from bvtk.errors import BvtkError, UsageError
from bvtk.files import write_bytes_atomic

if TYPE_CHECKING:
    from rich.table import Table

    from bvtk.comparison import Comparison

Texts = dict[Path | None, Callable[[], str]]
"""Functions that give the text of each requested file."""


def compare(
    targets: Annotated[
        list[Path],
        typer.Argument(
            metavar="TARGET",
            help="Run folders, folders of them, folders of sweeps, recipes, exported models, or output of --json.",
            show_default=False,
        ),
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="Group runs by KEY, such as objective.beta; may be repeated (default: all settings but the seed).",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="KEY",
            help="Show KEY, such as mig, mig.gaps.x or model.latents; may be repeated (default: all scores).",
            show_default=False,
        ),
    ] = None,
    aggregate: Annotated[
        str, typer.Option("--aggregate", metavar="mean|median|paper", help="How to combine the values of several runs.")
    ] = "mean",
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="KEY", help="Sort rows by KEY, the best first.", show_default=False)
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the table as Markdown.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write an HTML page with the table and its plots.")
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Add the latents and traversals of each row to the page.")
    ] = False,
    plot: Annotated[
        list[str] | None,
        typer.Option(
            "--plot",
            metavar="NAME=FILE.png",
            help="Write one plot as PNG: bars, curves, heatmap, rate-distortion or training; may be repeated.",
            show_default=False,
        ),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option("--figures", metavar="DIR", help="Write all plots of these rows as PNG.")
    ] = None,
    out: Out = Path("runs"),
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Show runs in a table, with mean and spread over seeds.

    Example: bvtk compare runs

    Example: bvtk compare runs --by model.latents --by objective.beta --column mig --json

    Example: bvtk compare docs/results/paper.json --aggregate paper --markdown table.md

    Example: bvtk compare runs --html compare.html --pictures --plot training=training.png
    """
    load_plugins(plugin, no_plugins)
    from bvtk.comparison.comparison import assemble

    table = assemble(targets, by or (), column or (), aggregate, sort, out)
    for why in table.left_out:
        error_console().print(f"left out: {why}", style="yellow", markup=False)
    for warning in table.warnings:
        error_console().print(f"warning: {warning}", style="yellow", markup=False)
    texts: Texts = {csv: table.to_csv, markdown: table.to_markdown, html: partial(table.to_html, pictures)}
    files = _files(table, texts, plot)
    with _writing():
        for path, data in files.items():
            write_bytes_atomic(path, data)
        if figures:
            table.write_figures(figures)
    if as_json:
        print_json(table.to_json())
    else:
        _show(table)


def _files(table: Comparison, texts: dict[Path | None, Callable[[], str]], plot: list[str] | None) -> dict[Path, bytes]:
    """The content of each file. All of it is computed before the first file is written."""
    found = {path: make().encode() for path, make in texts.items() if path}
    for text in plot or ():
        name, separator, file = text.partition("=")
        if not separator or not file:
            raise UsageError(f"expected --plot NAME=FILE.png, found {text!r}", "write --plot training=training.png")
        from bvtk.comparison.views.plots import plot_named

        found[Path(file)] = plot_named(table, name).png
    return found


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BvtkError(f"can't write {error.filename}: {error.strerror}", "choose another file") from error


def _show(table: Comparison) -> None:
    from rich.measure import Measurement

    from bvtk.comparison.views.cells import captions

    console, rich = out_console(), _rich(table)
    console.width = 10_000
    console.width = Measurement.get(console, console.options, rich).maximum
    console.print(rich)
    for caption in captions(table, bold=console.color_system is not None):
        console.print(caption, style="dim", markup=False)


def _rich(table: Comparison) -> Table:
    from rich.table import Table
    from rich.text import Text

    from bvtk.comparison.views.cells import headings, shown_rows

    rich = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for number, heading in enumerate(headings(table)):
        title = Text(heading.replace(" (", "\n("), style="dim")
        rich.add_column(title, justify="right" if number else "left", vertical="bottom", no_wrap=True)
    for row in shown_rows(table):
        rich.add_row(*(Text(shown.text, style="bold green" if shown.best else "") for shown in row))
    return rich
