"""Finds and loads components, built-in ones and those of plugins.

A plugin is a Python file or an installed package that the user chose. If it can't be imported, its components are
missing and there is a warning, but no error.
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
from bvtk.errors import PluginError, one_line
from bvtk.registry import BUILT_IN, Entry, Origin, registering
from bvtk.trusted import read_source, trusted_hashes, trusts_folder

GROUP = "bvtk.plugins"
"""The entry-point group of installed plugins."""

_ROOMS = ("data", "engine", "metrics", "models", "objectives", "sweep")
"""The packages of bvtk with components: each file `<name>_spec.py` below them registers its components."""


@dataclass(frozen=True)
class Broken:
    """A plugin that could not be imported: `file:line` of the failing line, and the exception with its name."""

    origin: Origin
    place: str
    message: str

    def __str__(self) -> str:
        """One line for a warning."""
        return f"plugin {self.origin} could not be imported: {self.place}: {self.message}"


@dataclass(frozen=True)
class Discovery:
    """The result of `discover`.

    Args:
        loaded: plugins whose components are registered now.
        broken: plugins that could not be imported.
        skipped: why entries of `plugins/` can't be plugins.
        untrusted: files in `plugins/` that were not loaded because the user does not trust them yet.
    """

    loaded: tuple[Origin, ...]
    broken: tuple[Broken, ...]
    skipped: tuple[str, ...] = ()
    untrusted: tuple[Path, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each broken plugin and skipped entry, and one for all files that are not trusted."""
        lines = (*map(str, self.broken), *self.skipped)
        if not self.untrusted:
            return lines
        more = len(self.untrusted) - 3
        names = ", ".join(map(str, self.untrusted[:3])) + (f" and {more} more" if more > 0 else "")
        untrusted = f"plugin files that are not trusted are not loaded: {names}"
        return (*lines, f"{untrusted}. To use them, read them and run `bvtk trust`.")


_files: dict[Origin, Path] = {}
_packages: set[Origin] = set()


def discover(
    folder: Path | None = None, files: Sequence[Path] = (), installed: bool = True, trust: bool = False
) -> Discovery:
    """Registers the built-in components and those of the given plugins, and removes those of other plugin files.

    Args:
        folder: loads those of its `plugins/*.py` that the user trusts; none if None.
        files: further plugin files, which are trusted because the caller names them.
        installed: whether to load packages with the entry-point group `bvtk.plugins`.
        trust: whether to trust all files of the folder.

    Raises:
        PluginError: if a file does not exist, or two origins register the same name.
    """
    with registering(BUILT_IN):
        for module in _built_in_modules():
            importlib.import_module(module)
    found, skipped = plugin_sources(folder) if folder else ({}, ())
    known = trusted_hashes() if found else frozenset()
    everything = trust or (folder is not None and trusts_folder(folder))
    chosen = {file: source for file, source in found.items() if everything or _sha256(source) in known}
    chosen |= {file: read_source(file) for file in files}
    sources = {file.resolve(): (file, source) for file, source in chosen.items()}  # the same file twice is one plugin
    wanted = {Origin("file", str(file), _sha256(source)): path for path, (file, source) in sources.items()}
    for origin in [o for o, path in _files.items() if wanted.get(o) != path]:
        _forget(origin)
        del _files[origin]
    broken = []
    for origin, path in wanted.items():
        if origin not in _files:
            if failure := _load(origin, partial(_import_file, path, sources[path][1])):
                broken.append(failure)
            else:
                _files[origin] = path
    if installed:
        broken += _load_packages()
    loaded = (*_files, *(sorted(_packages, key=str) if installed else ()))
    return Discovery(loaded, tuple(broken), skipped, tuple(file for file in found if file.resolve() not in sources))


def plugin_sources(folder: Path) -> tuple[dict[Path, bytes], tuple[str, ...]]:
    """The contents of the `plugins/*.py` of a folder, and why other entries of that name are not read."""
    sources, skipped = {}, []
    for file in sorted((folder / "plugins").glob("[!.]*.py")):  # hidden files are those of editors
        try:
            sources[file] = read_source(file)
        except PluginError as error:
            skipped.append(f"skipped: {error.message}")
    return sources, tuple(skipped)


def _sha256(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()


@cache
def _built_in_modules() -> tuple[str, ...]:
    """The modules with built-in components, sorted by package and name."""
    home = Path(__file__).parent
    files = [file for room in _ROOMS for file in sorted((home / room).rglob("*_spec.py"))]
    return tuple(".".join(("bvtk", *file.relative_to(home).with_suffix("").parts)) for file in files)


def components_of(origin: Origin) -> list[tuple[str, Entry[Any]]]:
    """Kind and entry of each component that a plugin registered."""
    return [(kind, e) for kind, registry in REGISTRIES.items() for e in registry.entries() if e.origin == origin]


def plugins_used(spec: Any) -> tuple[Origin, ...]:
    """The plugins whose components are used in a recipe or a spec, each once, in order of appearance."""
    origins: dict[Origin, None] = {}
    for component in _specs_inside(spec):
        for registry in REGISTRIES.values():
            if component.component in registry:
                entry = registry.entry(component.component)
                if entry.item is type(component) and entry.origin != BUILT_IN:
                    origins[entry.origin] = None
    return tuple(origins)


def absent_plugins(records: Iterable[Mapping[str, str]]) -> list[str]:
    """Names and versions of the plugins of a run or an export that are not loaded now.

    Args:
        records: `source`, `name` and `version` of each plugin; the version of a file is its sha256.
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


def _load_packages() -> list[Broken]:
    broken = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        distribution = point.dist
        name, version = (distribution.name, distribution.version) if distribution else (point.value, "")
        origin = Origin("package", name, version)
        if origin not in _packages:
            if failure := _load(origin, point.load):
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
    except (Exception, SystemExit) as error:  # a plugin may raise anything
        _forget(origin)
        place = raised_at(error, Path(origin.name).resolve() if origin.source == "file" else None)
        return Broken(origin, place, one_line(f"{type(error).__name__}: {error}".strip()))
    return None


def _import_file(path: Path, source: bytes) -> None:
    # One name per path, so that a changed file replaces its module, in which inspect finds docstrings for Pydantic.
    name = f"bvtk_plugin_{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
    loader = _Loader(name, str(path))
    loader.source = source
    module = importlib.util.module_from_spec(ModuleSpec(name, loader, origin=str(path)))
    module.__file__ = str(path)
    sys.modules[name] = module
    loader.exec_module(module)


class _Loader(SourceFileLoader):
    """Compiles the source whose sha256 is recorded: neither cached bytecode nor what the file holds by now."""

    source = b""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002
        """The compiled source."""
        return self.source_to_code(self.source, self.path)


def raised_at(error: BaseException, file: Path | None) -> str:
    """`file:line` of the last line of a file that an exception passed, else of the line that raised it."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    frame = ([frame for frame in frames if file and Path(frame.filename) == file] or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"


def plugin_at_fault(error: BaseException) -> Path | None:
    """The loaded plugin file whose code was running last when an exception was raised; None if none was."""
    passed = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    return next((path for path in reversed(passed) if path in _files.values()), None)


def _forget(origin: Origin) -> None:
    for registry in REGISTRIES.values():
        registry.forget(origin)
