"""Names of components, and their origins."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from bvtk.errors import PluginError, UsageError

T = TypeVar("T")


@dataclass(frozen=True)
class Origin:
    """Where components come from.

    Args:
        source: `bvtk` for built-in components, `file` for a plugin file, `package` for an installed package.
        name: path of the file as the user gave it, or name of the package.
        version: version of the package, or sha256 of the file.
    """

    source: str
    name: str
    version: str = ""

    def __str__(self) -> str:
        """The name in listings and errors."""
        return "built-in" if self.source == "bvtk" else self.name


BUILT_IN = Origin("bvtk", "bvtk")
SESSION = Origin("session", "this Python session")
_registering: ContextVar[Origin] = ContextVar("registering", default=SESSION)


@contextmanager
def registering(origin: Origin) -> Iterator[None]:
    """Sets the origin of all components that are registered inside the block."""
    token = _registering.set(origin)
    try:
        yield
    finally:
        _registering.reset(token)


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A registered class, with its name in recipes."""

    name: str
    item: type[T]
    origin: Origin

    @property
    def place(self) -> str:
        """`file:line` of the class."""
        try:
            return f"{inspect.getsourcefile(self.item)}:{inspect.getsourcelines(self.item)[1]}"
        except (OSError, TypeError):
            return str(self.origin)

    @property
    def summary(self) -> str:
        """The first line of the class's docstring."""
        return (inspect.getdoc(self.item) or "").split("\n", 1)[0]


class Registry(Generic[T]):
    """The components of one kind, which is named in the singular: `encoder`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Entry[T]] = {}

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Registers the decorated class with a name, its `component`.

        Raises:
            PluginError: if the name is taken by another origin, or the class is not a spec of this kind.
        """

        def decorate(item: type[T]) -> type[T]:
            base = f"{self.kind.title()}Spec"
            if base not in (parent.__name__ for parent in getattr(item, "__mro__", ())):
                what = f"{self.kind} {name!r}: {getattr(item, '__name__', repr(item))} is not derived from bvtk.{base}"
                raise PluginError(what, f"write `class {getattr(item, '__name__', 'Mine')}(bvtk.{base}):`")
            # Built-in components stay built-in if their module is imported before `discover` does it.
            origin = BUILT_IN if item.__module__.startswith("bvtk.") else _registering.get()
            taken = self._entries.get(name)
            if taken and taken.origin.name != origin.name:
                claim = f"{self.kind} {name!r} is claimed by both {taken.origin} and {origin}"
                raise PluginError(claim, "rename one of them")
            self._entries[name] = Entry(name, item, origin)
            item.component = name  # type: ignore[attr-defined]
            return item

        return decorate

    def __contains__(self, name: object) -> bool:
        """Whether a component with this name is registered."""
        return name in self._entries

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._entries)

    def entries(self) -> list[Entry[T]]:
        """All components, by name."""
        return [self._entries[name] for name in self.names()]

    def entry(self, name: str) -> Entry[T]:
        """The component with a name, and its origin.

        Raises:
            UsageError: if there is none, with the most similar name or all names.
        """
        if name not in self._entries:
            raise UsageError(f"unknown {self.kind} {name!r}, {self.suggest(name)}")
        return self._entries[name]

    def get(self, name: str) -> type[T]:
        """The class with a name; raises a `UsageError` as `entry` does."""
        return self.entry(name).item

    def suggest(self, name: str) -> str:
        """`did you mean 'mlp'?` if a known name is similar, else all known names."""
        return did_you_mean(name, self.names())

    def forget(self, origin: Origin) -> None:
        """Removes all components of an origin."""
        self._entries = {n: e for n, e in self._entries.items() if e.origin != origin}


def did_you_mean(name: str, known: list[str]) -> str:
    """`did you mean 'width'?` if a known name is similar, else `known: depth, width`."""
    exact = [other for other in known if other.lower() == name.lower()]
    near = exact or difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known: {', '.join(known)}" if known else "none is known"
