"""`bvtk ls runs`: the runs in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bvtk.cli.common import add_row, new_table, print_json, print_table, show
from bvtk.comparison.inventory import Listed, list_runs, matching, ordered, settings_of
from bvtk.quantities import counted, file_size
from bvtk.sweep.progress import headline


def ls_runs(out: Path, where: Sequence[str], sort: str | None, as_json: bool) -> None:
    """Prints the runs in a folder, the newest first.

    Args:
        out: the parent of run folders.
        where: conditions, `KEY=VALUE` each.
        sort: the key whose largest value comes first.
        as_json: whether to print JSON.
    """
    found = matching(list_runs(out), where)
    if sort:
        found = ordered(found, sort)
    if as_json:
        print_json({"runs": [_facts(*pair) for pair in zip(found, settings_of(found), strict=True)]})
    else:
        _print_table(found)
        total = file_size(sum(listed.size for listed in found))
        show(f"{counted(len(found), 'run')} in {out}, {total}")


def _facts(listed: Listed, settings: dict[str, str]) -> dict[str, Any]:
    return {
        "run": str(listed.folder.path),
        "name": listed.run.name,
        "state": listed.state,
        "step": listed.step,
        "steps": listed.steps,
        "settings": settings,
        "scores": listed.scores,
        "bytes": listed.size,
        "written": listed.written.isoformat(timespec="seconds"),
    }


def _print_table(found: Sequence[Listed]) -> None:
    table = new_table(
        *("run", "state", "step", "settings", "score", "size", "written"), numbers=("step", "score", "size")
    )
    for listed, settings in zip(found, settings_of(found), strict=True):
        metric, score = headline(listed.run.scores)
        cells = (
            listed.folder.path.name,
            listed.state,
            f"{listed.step:,}" if listed.step == listed.steps else f"{listed.step:,} of {listed.steps or '?':,}",
            ", ".join(f"{key}={value}" for key, value in settings.items()),
            f"{metric.replace('_', ' ')} {score:.3f}" if score is not None else "",
            file_size(listed.size),
            listed.written.astimezone().strftime("%Y-%m-%d %H:%M"),
        )
        add_row(table, *cells)
    print_table(table)
