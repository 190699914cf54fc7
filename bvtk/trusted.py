"""The plugin files of working folders that the user trusts, by the SHA-256 of their contents.

A changed file has to be trusted again. `BVTK_TRUST` names folders whose plugins need no trust.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bvtk.errors import PluginError, one_line
from bvtk.reading import open_file, read_file

VARIABLE = "BVTK_TRUST"
"""The environment variable: `1` for every folder, or folders separated as in PATH, with all below them."""

_LARGEST = 4 << 20


def trust_file() -> Path:
    """The list of trusted files in the user's configuration folder: a SHA-256 and, as a note, a path per line.

    Raises:
        PluginError: if the user has no home folder.
    """
    parent = os.environ.get("APPDATA" if sys.platform == "win32" else "XDG_CONFIG_HOME", "")
    try:
        return (Path(parent) if Path(parent).is_absolute() else Path.home() / ".config") / "bvtk" / "trusted-plugins"
    except RuntimeError as error:
        raise PluginError("the home folder is unknown", f"set XDG_CONFIG_HOME or {VARIABLE}") from error


def trusted_hashes() -> frozenset[str]:
    """The SHA-256 of every file that the user trusts."""
    try:
        text = read_file(trust_file()).decode(errors="replace")
    except (OSError, PluginError):
        return frozenset()
    return frozenset(line.split(maxsplit=1)[0] for line in text.splitlines() if line.strip())


def trusts_folder(folder: Path) -> bool:
    """Whether `BVTK_TRUST` names a folder or one above it."""
    value = os.environ.get(VARIABLE, "")
    named = [Path(entry).resolve() for entry in value.split(os.pathsep) if Path(entry).is_absolute()]
    here = folder.resolve()
    return value == "1" or any(here.is_relative_to(other) for other in named)


def trust(sources: Mapping[Path, bytes]) -> None:
    """Adds files to the trusted ones.

    Args:
        sources: the files' contents by their paths.

    Raises:
        PluginError: if the list can't be written.
    """
    known, path = trusted_hashes(), trust_file()
    hashes = {file: hashlib.sha256(source).hexdigest() for file, source in sources.items()}
    lines = [f"{digest}  {one_line(str(file.absolute()))}\n" for file, digest in hashes.items() if digest not in known]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write("".join(lines))
    except OSError as error:
        hint = f"use --plugins, or set {VARIABLE} to the folder"
        raise PluginError(f"can't write {path}: {error.strerror}", hint) from error


def read_source(path: Path) -> bytes:
    """The contents of a plugin file.

    Raises:
        PluginError: if it can't be read, is not a regular file, or is too large.
    """
    try:
        with open_file(path) as file:
            source = file.read(_LARGEST + 1)
    except OSError as error:
        what = "does not exist" if isinstance(error, FileNotFoundError) else f"can't be read: {error.strerror}"
        raise PluginError(f"plugin file {path} {what}", "give the path of a Python file with components") from error
    if len(source) > _LARGEST:
        raise PluginError(f"plugin {path} is larger than {_LARGEST >> 20} MB", "give a Python file with components")
    return source
