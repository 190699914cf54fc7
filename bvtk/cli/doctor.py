"""`bvtk doctor`: checks the installation and this machine."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bvtk.cli.common import AsJson, print_json, show, with_plugins

if TYPE_CHECKING:
    from bvtk.plugins import Discovery


@with_plugins
def doctor(found: Discovery, as_json: AsJson = False) -> None:
    """Show versions, devices, caches and plugins, and report problems.

    Prepared data in the cache are read in full and compared with their sums.

    The exit code is 1 if there are problems.

    Example: bvtk doctor
    """
    from bvtk.environment import library_versions

    facts = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "libraries": library_versions(),
        "devices": _devices(),
        "cache": _cache(),
        "plugins": _plugins(found),
    }
    problems = _problems(facts, found)
    if as_json:
        print_json({**facts, "problems": problems})
    else:
        _show(facts, problems)
    if problems:
        raise typer.Exit(1)


def _devices() -> dict[str, Any]:
    from bvtk.engine.process import prepare_process

    prepare_process()
    import torch

    from bvtk.engine.devices import choose_precision, describe

    kinds = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    names = ["cpu", *(kind for kind, available in kinds.items() if available)]
    devices = {describe(torch.device(name)): choose_precision("auto", torch.device(name)) for name in names}
    return {"precision": devices, "threads": torch.get_num_threads()}


def _cache() -> dict[str, Any]:
    from bvtk.data.cache import cache_folder, damaged_arrays

    folder = cache_folder()
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    above = next(path for path in (folder, *folder.parents) if path.exists())
    return {
        "folder": str(folder),
        "megabytes": round(sum(path.stat().st_size for path in files) / 1e6),
        "writable": os.access(above, os.W_OK),
        "damaged": [str(path) for path in damaged_arrays(folder)],
    }


def _plugins(found: Discovery) -> list[dict[str, Any]]:
    from bvtk.plugins import components_of

    return [
        {
            "name": origin.name,
            "version": origin.version[:12],
            "components": [f"{kind} {entry.name}" for kind, entry in components_of(origin)],
        }
        for origin in found.loaded
    ]


def _problems(facts: dict[str, Any], found: Discovery) -> list[str]:
    problems = [str(broken) for broken in found.broken]
    if not facts["cache"]["writable"]:
        problems.append(
            f"the cache folder {facts['cache']['folder']} is not writable: set BVTK_CACHE to a writable folder"
        )
    for path in facts["cache"]["damaged"]:
        problems.append(
            f"{path} is damaged: its sha256 is not the recorded one. Delete it; it is made again when needed"
        )
    if not os.access(Path(), os.W_OK):
        problems.append("the working folder is not writable: choose another folder for runs with --out")
    if sys.maxsize < 2**32:
        problems.append("this Python is a 32-bit build, too small for most data sets: install a 64-bit build")
    return problems


def _show(facts: dict[str, Any], problems: list[str]) -> None:
    cache, devices = facts["cache"], facts["devices"]
    rows = [(name, facts[name]) for name in ("python", "platform", "cores")]
    rows += [("libraries", ", ".join(f"{name} {version}" for name, version in facts["libraries"].items()))]
    for device, precision in devices["precision"].items():
        threads = f", {devices['threads']} threads" if device == "cpu" else ""
        rows += [("device", f"{device}: precision auto is {precision}{threads}")]
    rows += [("cache", f"{cache['folder']} ({cache['megabytes']} MB)")]
    rows += [("plugin", f"{plugin['name']}: {', '.join(plugin['components'])}") for plugin in facts["plugins"]]
    for name, text in rows:
        show((f"{name:<10}", "bold"), f" {text}")
    for problem in problems:
        show((f"problem: {problem}", "red"))
    if not problems:
        show("No problems found.")
