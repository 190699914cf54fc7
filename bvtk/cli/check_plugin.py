"""`bvtk check-plugin`: tests the components of a plugin."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bvtk.cli.common import AsJson, keeping_stdout, print_json, show
from bvtk.errors import PluginError
from bvtk.quantities import counted
from bvtk.registry import Origin

if TYPE_CHECKING:
    from bvtk.check_plugin import Finding

_SIGNS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "problem": ("PROBLEM", "bold red")}


def check_plugin(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Python file of the plugin.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Test every component of a plugin: shapes, gradients, determinism and export.

    This runs the plugin, and trusts the file as `bvtk trust` does. The exit code is 2 if there are problems.

    Example: bvtk check-plugin plugins/tiny_conv.py
    """
    with keeping_stdout():
        origin = _loaded(file)
        from bvtk.check_plugin import check

        findings = check(origin)
        problems = sum(finding.level == "problem" for finding in findings)
        if as_json:
            print_json({"findings": [asdict(finding) for finding in findings]})
        else:
            _show(findings, problems)
    if problems:
        raise typer.Exit(2)


def _loaded(file: Path) -> Origin:
    from bvtk.plugins import discover
    from bvtk.trusted import read_source, trust

    with suppress(PluginError):  # if the list can't be written, the next verb says so
        trust({file: read_source(file)})
    found = discover(None, [file], installed=False)
    for broken in found.broken:
        raise PluginError(f"{file} can't be imported: {broken.message}", f"fix {broken.place}")
    return next(origin for origin in found.loaded if origin.name == str(file))


def _show(findings: list[Finding], problems: int) -> None:
    component = ""
    for finding in findings:
        if finding.component != component:
            component = finding.component
            show((component, "bold"))
        word, style = _SIGNS[finding.level]
        show("  ", (word, style), f"  {finding.message}")
    show(f"{counted(problems, 'problem')}.")
