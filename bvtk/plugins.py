"""Finds and loads components: the built-in ones, and those of plugins, by the same road.

A plugin is a Python file or an installed package that the user chose. One that fails to import costs
its own components and a warning, never the program.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType
from typing import Any

from bvtk.component import REGISTRIES, Spec
from bvtk.errors import PluginError
from bvtk.registry import BUILT_IN, Entry, Origin, registering

GROUP = "bvtk.plugins"
"""The entry-point group of installed plugins."""

_ROOMS = ("data", "engine", "metrics", "models", "objectives", "sweep")
"""The packages of bvtk that hold components: each file `<name>_spec.py` below them registers what it declares."""


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be imported.

    Args:
        origin: which plugin.
        place: `file:line` of the failing line.
        message: what Python said, with the exception's name.
    """

    origin: Origin
    place: str
    message: str

    def __str__(self) -> str:
        """One line for a warning."""
        return f"plugin {self.origin} was left out: {self.place}: {self.message}"


@dataclass(frozen=True)
class Discovery:
    """What a search for plugins gave.

    Args:
        loaded: the plugins whose components are registered now.
        broken: those that failed to import.
    """

    loaded: tuple[Origin, ...]
    broken: tuple[Broken, ...]


_files: dict[Origin, Path] = {}
_packages: set[Origin] = set()


def discover(folder: Path | None = None, files: Sequence[Path] = (), installed: bool = True) -> Discovery:
    """Registers the built-in components and those of every plugin asked for, and forgets other plugin files'.

    Args:
        folder: its `plugins/*.py` are loaded; none where None.
        files: further plugin files.
        installed: whether packages with the entry-point group `bvtk.plugins` are loaded.

    Raises:
        PluginError: where a named file does not exist, or two origins claim one name.
    """
    with registering(BUILT_IN):
        for module in _built_in_modules():
            importlib.import_module(module)
    for file in files:
        if not file.is_file():
            raise PluginError(f"no plugin file {file}", "give the path of a Python file that registers components")
    found = sorted((folder / "plugins").glob("*.py")) if folder else []
    named = {file.resolve(): file for file in [*found, *files]}  # a file that is given twice is one plugin
    wanted = {_file_origin(file): path for path, file in named.items()}
    for origin in [o for o, path in _files.items() if wanted.get(o) != path]:
        _forget(origin)
        del _files[origin]
    broken = []
    for origin, path in wanted.items():
        if origin not in _files:
            failure = _load(origin, partial(_import_file, path))
            if failure:
                broken.append(failure)
            else:
                _files[origin] = path
    if installed:
        broken += _load_packages()
    return Discovery((*_files, *(sorted(_packages, key=str) if installed else ())), tuple(broken))


@cache
def _built_in_modules() -> tuple[str, ...]:
    """The modules that declare bvtk's own components, sorted by room and name."""
    home = Path(__file__).parent
    files = [file for room in _ROOMS for file in sorted((home / room).rglob("*spec*.py"))]
    return tuple(".".join(("bvtk", *file.relative_to(home).with_suffix("").parts)) for file in files)


def components_of(origin: Origin) -> list[tuple[str, Entry[Any]]]:
    """The kind and entry of everything that a plugin registered."""
    return [(kind, e) for kind, registry in REGISTRIES.items() for e in registry.entries() if e.origin == origin]


def plugins_used(spec: Any) -> tuple[Origin, ...]:
    """The plugins that the components inside a recipe or a spec came from, each once, in order of appearance."""
    origins: dict[Origin, None] = {}
    for component in _specs_inside(spec):
        for registry in REGISTRIES.values():
            if component.component in registry:
                entry = registry.entry(component.component)
                if entry.item is type(component) and entry.origin != BUILT_IN:
                    origins[entry.origin] = None
    return tuple(origins)


def absent_plugins(records: Iterable[Mapping[str, str]]) -> list[str]:
    """What a run or an export recorded of its plugins and is not loaded now, each in words.

    Args:
        records: `source`, `name` and `version` of each plugin; a file's version is its sha256.
    """
    present = {(origin.source, origin.version) for origin in (*_files, *_packages)}
    wanted = [r for r in records if (r["source"], r["version"]) not in present]
    return [f"{r['name']} ({'sha256 ' if r['source'] == 'file' else ''}{r['version'][:12]})" for r in wanted]


def _specs_inside(value: Any) -> list[Spec]:
    if isinstance(value, list | tuple):
        return [spec for item in value for spec in _specs_inside(item)]
    fields = getattr(type(value), "model_fields", None)
    if fields is None:
        return []
    inner = [spec for name in fields for spec in _specs_inside(getattr(value, name))]
    return [value, *inner] if isinstance(value, Spec) else inner


def _file_origin(file: Path) -> Origin:
    return Origin("file", str(file), hashlib.sha256(file.read_bytes()).hexdigest())


def _load_packages() -> list[Broken]:
    broken = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        distribution = point.dist
        name, version = (distribution.name, distribution.version) if distribution else (point.value, "")
        origin = Origin("package", name, version)
        if origin not in _packages:
            failure = _load(origin, point.load)
            if failure:
                broken.append(failure)
            else:
                _packages.add(origin)
    return broken


def _load(origin: Origin, load: Callable[[], object]) -> Broken | None:
    try:
        with registering(origin):
            load()
    except PluginError:
        _forget(origin)
        raise
    except (Exception, SystemExit) as error:  # a plugin is foreign code: whatever it raises is reported
        _forget(origin)
        return Broken(origin, _place(error, origin), f"{type(error).__name__}: {error}".strip())
    return None


def _import_file(path: Path) -> None:
    # One name a path: a changed file replaces its module, where inspect (so Pydantic too) looks for docstrings.
    name = f"bvtk_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    loader = _Uncached(name, str(path))
    module = importlib.util.module_from_spec(ModuleSpec(name, loader, origin=str(path)))
    module.__file__ = str(path)
    sys.modules[name] = module
    loader.exec_module(module)


class _Uncached(SourceFileLoader):
    """Reads the source each time: cached bytecode may be that of another file than the one whose sha256 is kept."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """The file's code, compiled anew."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _place(error: BaseException, origin: Origin) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if origin.source == "file" and Path(f.filename) == Path(origin.name).resolve()]
    frame = (own or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"


def _forget(origin: Origin) -> None:
    for registry in REGISTRIES.values():
        registry.forget(origin)
