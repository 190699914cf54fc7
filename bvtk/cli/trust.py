"""`bvtk trust`: lets the plugins of a folder run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, print_json, say, show
from bvtk.errors import UsageError


def trust(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", help="Plugin files (default: plugins/*.py in the working folder).", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Trust plugin files, so that they are loaded from now on. Read them first: a plugin can do whatever you can.

    The trust covers the contents that the files have now. A changed file has to be trusted again.

    Example: bvtk trust

    Example: bvtk trust plugins/tiny_conv.py
    """
    from bvtk.plugins import plugin_sources
    from bvtk.trusted import read_source, trust_file
    from bvtk.trusted import trust as record

    sources, skipped = ({file: read_source(file) for file in files}, ()) if files else plugin_sources(Path())
    for reason in skipped:
        say((f"warning: {reason}", "yellow"))
    if not sources:
        raise UsageError("there are no plugin files in plugins/", "give the files to trust")
    record(sources)
    if as_json:
        print_json({"trusted": [str(file) for file in sources], "list": str(trust_file())})
    else:
        for file in sources:
            show(f"trusted: {file}")
