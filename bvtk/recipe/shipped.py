"""The recipes that come with bvtk: they can be named without a path, such as `paper/beta_vae`."""

from __future__ import annotations

import re
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "shipped_recipes", _PACKAGE.parent / "recipes")
"""In an installed package, and in a checkout of the source."""
_GROUPS = ("paper", "methods")


def shipped_recipes() -> dict[str, Path]:
    """The files of the recipes by name. Those that need a plugin of `plugins/` are not among them."""
    folder = next((folder for folder in _FOLDERS if (folder / "quickstart.yaml").is_file()), None)
    if folder is None:
        return {}
    files = [
        folder / "quickstart.yaml",
        *(file for group in _GROUPS for file in sorted((folder / group).glob("*.yaml"))),
    ]
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}


def recipe_file(path: Path) -> Path:
    """The file of the shipped recipe that a path names, if there is no such file; else the path."""
    return path if path.suffix or path.exists() else shipped_recipes().get(path.as_posix(), path)


def summary_of(file: Path) -> str:
    """The first sentence of a recipe's comment."""
    lines: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("#").strip()
        if not line.startswith("#") or (not text and lines):
            break
        if text and not text.startswith("yaml-language-server"):
            lines.append(text)
    return re.split(r"(?<=[.?:]) (?=[A-Z])", " ".join(lines))[0]
