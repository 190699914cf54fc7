"""`bvtk compare`: show runs in a table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import (
    AsJson,
    Out,
    Targets,
    add_row,
    new_table,
    out_console,
    print_json,
    print_table,
    say,
    show,
    with_plugins,
)
from bvtk.errors import BvtkError, UsageError
from bvtk.files import write_bytes_atomic

if TYPE_CHECKING:
    from bvtk.comparison import Comparison


@with_plugins
def compare(
    targets: Targets,
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
    as_json: AsJson = False,
) -> None:
    """Show runs in a table, with mean and spread over seeds. A target can also be the saved output of --json.

    Example: bvtk compare runs

    Example: bvtk compare runs --by model.latents --by objective.beta --column mig --json

    Example: bvtk compare docs/results/paper.json --aggregate paper --markdown table.md

    Example: bvtk compare runs --html compare.html --pictures --plot training=training.png
    """
    from bvtk.comparison.comparison import assemble

    table = assemble(targets, by or (), column or (), aggregate, sort, out)
    for text in (*(f"left out: {why}" for why in table.left_out), *(f"warning: {text}" for text in table.warnings)):
        say((text, "yellow"))
    texts: dict[Path | None, Callable[[], str]] = {
        csv: table.to_csv,
        markdown: table.to_markdown,
        html: partial(table.to_html, pictures),
    }
    files = {path: make().encode() for path, make in texts.items() if path}
    files |= dict(_plot(table, text) for text in plot or ())
    try:
        for path, data in files.items():  # all contents are computed before the first file is written
            write_bytes_atomic(path, data)
        if figures:
            table.write_figures(figures)
    except OSError as error:
        raise BvtkError(f"can't write {error.filename}: {error.strerror}", "choose another file") from error
    if as_json:
        print_json(table.to_json())
    else:
        _show(table)


def _plot(table: Comparison, text: str) -> tuple[Path, bytes]:
    """A file and its picture for a value of `--plot`."""
    from bvtk.comparison.views.plots import plot_named

    name, separator, file = text.partition("=")
    if not separator or not file:
        raise UsageError(f"expected --plot NAME=FILE.png, found {text!r}", "write --plot training=training.png")
    return Path(file), plot_named(table, name).png


def _show(table: Comparison) -> None:
    from bvtk.comparison.views.text import captions, headings, shown_rows

    titles = headings(table)
    shown = new_table(*titles, numbers=titles[1:])
    for row in shown_rows(table):
        add_row(shown, *((cell.text, "bold green" if cell.best else "") for cell in row))
    print_table(shown)
    for caption in captions(table, bold=out_console().color_system is not None):
        show((caption, "dim"))
