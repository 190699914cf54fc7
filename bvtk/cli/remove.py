"""`bvtk rm` and `bvtk clean`: remove runs, and what finished runs no longer need."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, Out, print_json, say, show
from bvtk.errors import UsageError
from bvtk.quantities import counted, file_size

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def rm(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN", help="Run folders, or the start of their names.", show_default=False),
    ],
    out: Out = Path("runs"),
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove runs. Shows first what and how much, and asks.

    The folder of a sweep can be removed as well; its runs stay.

    Example: bvtk rm runs/quickstart-1a2b3c4d
    """
    from bvtk.comparison.inventory import check_removable, remove, size_of
    from bvtk.runs import RunFolder, find_run

    folders = [RunFolder(path) for path in dict.fromkeys(find_run(run, out) for run in runs)]
    for folder in folders:
        check_removable(folder)
    parts = [(folder.path, size_of(folder.path)) for folder in folders]
    _remove(parts, lambda path: remove(RunFolder(path)), yes, as_json)


def clean(
    out: Out = Path("runs"),
    caches: Annotated[bool, typer.Option("--caches", help="Remove the caches of data sets as well.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Remove what nothing needs: old checkpoints of finished runs. Shows first what and how much, and asks.

    The newest checkpoint of each run stays. Cached data sets are prepared again when a run needs them.

    Example: bvtk clean --caches
    """
    from bvtk.comparison.inventory import list_runs, size_of, spare_checkpoints

    paths = [path for listed in list_runs(out) for path in spare_checkpoints(listed)]
    if caches:
        from bvtk.data.cache import cache_folder

        folders = cache_folder().iterdir() if cache_folder().is_dir() else ()
        paths += sorted(path for path in folders if path.is_dir() and not path.is_symlink())
    _remove([(path, size_of(path)) for path in paths], shutil.rmtree, yes, as_json)


def _remove(parts: Sequence[tuple[Path, int]], remove: Callable[[Path], None], yes: bool, as_json: bool) -> None:
    """Shows what is to be removed, asks, and removes it."""
    tell = say if as_json else show
    total = file_size(sum(size for _, size in parts))
    for path, size in parts:
        tell(f"{file_size(size):>9}  {path}")
    if parts and not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"nothing was removed: this needs your consent to remove {total}", "add --yes")
        if not typer.confirm(f"Remove {counted(len(parts), 'folder')}, {total}?", err=as_json):
            parts, total = (), "nothing"
    for path, _ in parts:
        remove(path)
    if as_json:
        print_json({"removed": [str(path) for path, _ in parts], "bytes": sum(size for _, size in parts)})
    else:
        tell(f"removed {total}" if parts else "nothing to remove")
