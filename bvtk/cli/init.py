"""`bvtk init`: writes a starter recipe or plugin."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from bvtk.cli.common import AsJson, print_json, show
from bvtk.errors import PluginError, UsageError
from bvtk.recipe.shipped import shipped_recipes
from bvtk.registry import did_you_mean

_FOLDERS = {"recipe": (Path("recipes"), ".yaml"), "plugin": (Path("plugins"), ".py")}
_NAMES = {
    "recipe": (re.compile(r"(?!\.+$)[A-Za-z0-9._-]{1,64}"), "1 to 64 letters, digits, '.', '_' and '-'"),
    "plugin": (re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}"), "a letter, then up to 63 letters, digits and '_'"),
}
_NEXT = {"recipe": "bvtk run", "plugin": "bvtk check-plugin"}


def init(
    kind: Annotated[
        str, typer.Argument(metavar="recipe|plugin|NAME", help="What to write (default: recipe).", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Name of the recipe or plugin.", show_default=False)
    ] = None,
    component: Annotated[
        str, typer.Option("--kind", metavar="KIND", help="Kind of component of a plugin, such as objective.")
    ] = "encoder",
    base: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="RECIPE",
            help="Shipped recipe that the new one extends (`bvtk ls recipes`).",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a commented starter file: recipes/NAME.yaml or plugins/NAME.py.

    Example: bvtk init recipe first

    Example: bvtk init recipe mine --from paper/beta_vae

    Example: bvtk init plugin my_encoder

    Example: bvtk init plugin my_objective --kind objective
    """
    kind, name = _kind_and_name(kind, name)
    folder, ending = _FOLDERS[kind]
    name = name.removesuffix(ending)
    pattern, rule = _NAMES[kind]
    if not pattern.fullmatch(name):
        raise UsageError(f"{name!r} is not a valid name for a {kind}", f"use {rule}")
    path = folder / f"{name}{ending}"
    text = _starter(kind, name, path, component, base)
    _write_new(path, text)
    if kind == "plugin":
        from bvtk.trusted import trust

        with suppress(PluginError):  # if the list can't be written, the next verb says so
            trust({path: text.encode()})
    if as_json:
        print_json({"file": str(path)})
    else:
        for text in (f"Wrote {path}", "", "Try next:", f"  {_NEXT[kind]} {path}"):
            show(text)


def _kind_and_name(kind: str, name: str | None) -> tuple[str, str]:
    if name is None and kind in _FOLDERS:
        raise UsageError(f"the name of the {kind} is missing", f"run `bvtk init {kind} NAME`")
    if name is None:
        return "recipe", kind
    if kind not in _FOLDERS:
        raise UsageError(f"unknown kind of file {kind!r}, {did_you_mean(kind, list(_FOLDERS))}")
    return kind, name


def _starter(kind: str, name: str, path: Path, component: str, base: str | None) -> str:
    from bvtk.recipe.scalars import write

    templates = files("bvtk.cli") / "templates"
    template = templates / "recipe.yaml.txt"
    if base is not None:
        shipped = shipped_recipes()
        if kind != "recipe" or base not in shipped:
            known = did_you_mean(base, list(shipped)) if kind == "recipe" else "but a plugin extends no recipe"
            raise UsageError(f"unknown recipe {base!r}, {known}", "list the shipped recipes with `bvtk ls recipes`")
        template = templates / "extended.yaml.txt"
    if kind == "plugin":
        kinds = sorted(file.name.partition(".")[0] for file in (templates / "plugin").iterdir())
        if component not in kinds:
            raise UsageError(f"unknown kind of component {component!r}, {did_you_mean(component, kinds)}")
        template = templates / "plugin" / f"{component}.py.txt"
    class_name = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name))
    values = {"file": path.as_posix(), "folder": path.parent.as_posix(), "class": class_name}
    values |= {"base": base or ""}
    values["name"] = write(name) if kind == "recipe" else name
    text = template.read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("{{" + key + "}}", value)
    return text


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} already exists", "choose another name") from None
    except OSError as error:
        raise UsageError(f"{path} can't be written: {(error.strerror or str(error)).lower()}") from None
