"""`bvtk compare`: runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import AsJson, NoPlugins, PluginFiles, error_console, load_plugins, out_console, print_json

if TYPE_CHECKING:
    from rich.table import Table

    from bvtk.comparison import Comparison


def compare(
    targets: Annotated[
        list[Path],
        typer.Argument(
            metavar="TARGET...",
            help="Run folders, folders of them, exported models, or JSON that this verb printed.",
            show_default=False,
        ),
    ],
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="Make a row of the runs that agree in KEY, such as objective.beta; may be repeated.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column",
            metavar="KEY",
            help="Show KEY, such as mig, mig.gaps.x, held_out.kl or model.latents; may be repeated.",
            show_default=False,
        ),
    ] = None,
    aggregate: Annotated[
        str, typer.Option("--aggregate", metavar="mean|median|paper", help="How figures of several runs become one.")
    ] = "mean",
    sort: Annotated[
        str | None, typer.Option("--sort", metavar="KEY", help="Sort rows by KEY, the best first.", show_default=False)
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write the table as Markdown.")
    ] = None,
    plugin: PluginFiles = None,
    no_plugins: NoPlugins = False,
    as_json: AsJson = False,
) -> None:
    """Put runs side by side: mean and spread over seeds, the best in bold.

    Example: bvtk compare runs

    Example: bvtk compare runs --by model.latents --by objective.beta --column mig --json

    Example: bvtk compare docs/results/paper.json --aggregate paper --markdown table.md
    """
    load_plugins(plugin, no_plugins)
    from bvtk.comparison.compare import assemble

    table = assemble(targets, by or (), column or (), aggregate, sort)
    for why in table.left_out:
        error_console().print(f"left out: {why}", style="yellow", markup=False)
    for path, write in ((csv, table.to_csv), (markdown, table.to_markdown)):
        if path:
            _write(path, write())
    if as_json:
        print_json(table.to_json())
    else:
        _show(table)


def _write(path: Path, text: str) -> None:
    from bvtk.errors import BvtkError
    from bvtk.files import write_text_atomic

    try:
        write_text_atomic(path, text)
    except OSError as error:
        raise BvtkError(f"can't write {path}: {error.strerror}", "choose another file") from error


def _show(table: Comparison) -> None:
    from rich.measure import Measurement

    from bvtk.comparison.showing import captions

    console, rich = out_console(), _rich(table)
    wide = console.options.update_width(10_000)
    console.print(rich, width=Measurement.get(console, wide, rich).maximum)
    for caption in captions(table):
        console.print(caption, style="dim", markup=False)


def _rich(table: Comparison) -> Table:
    from rich.table import Table
    from rich.text import Text

    from bvtk.comparison.showing import headings, shown_rows

    rich = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for number, heading in enumerate(headings(table)):
        title = Text(heading.replace(" (", "\n("), style="dim")
        rich.add_column(title, justify="right" if number else "left", vertical="bottom", no_wrap=True)
    for row in shown_rows(table):
        rich.add_row(*(Text(shown.text, style="bold green" if shown.best else "") for shown in row))
    return rich


def add_to(app: typer.Typer) -> None:
    """Registers the verb."""
    app.command("compare")(compare)
