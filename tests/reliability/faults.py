# ruff: noqa: PTH110, PTH113, PTH109, PTH115, PTH118, PTH120 (what pathlib calls is what is replaced here)
"""Faults at a chosen moment: every operation on files below a folder is counted, and one of them goes wrong.

What is counted: opening to write, write, fsync, rename and replace, unlink, rmdir, mkdir, truncate. A power cut
is modelled by what POSIX allows at worst: the contents of files that were not synchronised are lost, and in the
second form also the names in folders that were not, while everything that was removed stays removed.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

FAULTS = ("kill", "cut", "cut_names", "full", "refuse", "term", "int")
_GROWING = ("create", "write", "mkdir")
_open, _os = io.open, {name: getattr(os, name) for name in ("open", "write", "fsync", "rename", "replace", "unlink")}
_os |= {name: getattr(os, name) for name in ("rmdir", "mkdir", "ftruncate", "remove")}


class Faults:
    """Counts operations, and lets one fail.

    Args:
        root: only what lies below it counts.
        at: the number of the operation that goes wrong, from 0; None for none.
        fault: how: one of `FAULTS`.
        trace: where the operations are written, one a line, when the process ends well.
    """

    def __init__(self, root: Path, at: int | None, fault: str, trace: Path | None = None) -> None:
        self._root = os.path.realpath(root)
        self._at, self._fault, self._trace = at, fault, trace
        self._operations: list[tuple[str, str]] = []
        self._unsynced: dict[tuple[int, int], tuple[int, int]] = {}
        self._names: dict[str, list[Callable[[], Any]]] = {}

    def install(self) -> None:
        """Puts the counters in the place of the operations."""
        io.open = builtins.open = self._opened  # type: ignore[assignment]
        os.open = self._os_opened
        os.write = lambda fd, data: self._written(fd, data, lambda part: _os["write"](fd, part))
        os.ftruncate = lambda fd, size: self._counted("truncate", _path_of(fd), _os["ftruncate"], fd, size)
        os.fsync = self._synced
        os.rename = lambda a, b, **k: self._renamed(_os["rename"], a, b, **k)
        os.replace = lambda a, b, **k: self._renamed(_os["replace"], a, b, **k)
        os.mkdir = self._made
        for name in ("unlink", "remove", "rmdir"):
            setattr(os, name, self._remover(name))

    def write_trace(self) -> None:
        """Writes down what was done, for the run without a fault."""
        if self._trace:
            with _open(self._trace, "w") as file:
                json.dump(self._operations, file)

    def _count(self, what: str, path: str, half: Callable[[], Any] = lambda: None) -> None:
        if path != self._root and not path.startswith(self._root + os.sep):
            return
        number = len(self._operations)
        self._operations.append((what, os.path.relpath(path, self._root)))
        if self._at is None or number < self._at:
            return
        if self._fault == "full" and what in _GROWING:
            half()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        if number == self._at:
            self._go_wrong(path, half)

    def _go_wrong(self, path: str, half: Callable[[], Any]) -> None:
        if self._fault == "refuse":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        if self._fault in ("term", "int"):
            os.kill(os.getpid(), signal.SIGTERM if self._fault == "term" else signal.SIGINT)
        if self._fault in ("kill", "cut", "cut_names"):
            half()
            if self._fault != "kill":
                self._lose()
            os.kill(os.getpid(), signal.SIGKILL)

    def _lose(self) -> None:
        for descriptor, size in self._unsynced.values():
            _os["ftruncate"](descriptor, min(size, os.fstat(descriptor).st_size))
        if self._fault == "cut_names":
            for undo in reversed([undo for undos in self._names.values() for undo in undos]):
                with suppress(OSError):
                    undo()

    def _counted(self, what: str, path: str, do: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._count(what, path)
        return do(*args, **kwargs)

    def _opened(self, file: Any, mode: str = "r", buffering: int = -1, *args: Any, **kwargs: Any) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+"):
            return _open(file, mode, buffering, *args, **kwargs)
        path = os.path.realpath(file)
        self._count("create", path)
        is_new = not os.path.exists(path)
        raw = _Raw(path, mode.replace("b", "").replace("t", ""), self)
        self._keep(raw.fileno(), path, is_new)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **kwargs)

    def _os_opened(self, file: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        path = _joined(file, dir_fd)
        is_new = bool(flags & os.O_CREAT) and not os.path.exists(path)
        if is_new:
            self._count("create", path)
        descriptor: int = _os["open"](file, flags, mode, dir_fd=dir_fd)
        if is_new:
            self._keep(descriptor, path, is_new)
        return descriptor

    def _keep(self, descriptor: int, path: str, is_new: bool) -> None:
        facts = os.fstat(descriptor)
        key = facts.st_dev, facts.st_ino
        if key not in self._unsynced:
            self._unsynced[key] = os.dup(descriptor), facts.st_size
        if is_new:
            self._name(path, lambda: _os["unlink"](path))

    def _name(self, path: str, undo: Callable[[], Any]) -> None:
        self._names.setdefault(os.path.dirname(path), []).append(undo)

    def _written(self, descriptor: int, data: Any, write: Callable[[Any], int]) -> int:
        self._count("write", _path_of(descriptor), lambda: write(bytes(data)[: len(data) // 2]))
        return write(data)

    def _synced(self, descriptor: int) -> None:
        path = _path_of(descriptor)
        self._count("fsync", path)
        _os["fsync"](descriptor)
        self._names.pop(path, None)
        facts = os.fstat(descriptor)
        if (key := (facts.st_dev, facts.st_ino)) in self._unsynced:
            self._unsynced[key] = self._unsynced[key][0], facts.st_size

    def _renamed(self, rename: Callable[..., Any], source: Any, target: Any, **kwargs: Any) -> None:
        source, target = os.path.realpath(source), os.path.realpath(target)
        self._count("rename", target)
        before = None
        if os.path.isfile(target):
            with _open(target, "rb") as file:
                before = file.read()
        rename(source, target, **kwargs)
        self._name(target, lambda: _unrename(source, target, before))

    def _made(self, path: Any, *args: Any, **kwargs: Any) -> None:
        where = os.path.realpath(path)
        self._count("mkdir", where)
        _os["mkdir"](path, *args, **kwargs)
        self._name(where, lambda: shutil.rmtree(where))

    def _remover(self, name: str) -> Callable[..., None]:
        def remove(path: Any, *, dir_fd: int | None = None) -> None:
            self._counted("unlink", _joined(path, dir_fd), _os[name], path, dir_fd=dir_fd)

        return remove


class _Raw(io.FileIO):
    def __init__(self, path: str, mode: str, faults: Faults) -> None:
        super().__init__(path, mode)
        self._faults = faults

    def write(self, data: Any, /) -> int:
        return self._faults._written(self.fileno(), data, super().write)


def _unrename(source: str, target: str, before: bytes | None) -> None:
    _os["rename"](target, source)
    if before is not None:
        with _open(target, "wb") as file:
            file.write(before)


def _joined(path: Any, dir_fd: int | None) -> str:
    folder = os.getcwd() if dir_fd is None else _path_of(dir_fd)
    return os.path.join(os.path.realpath(folder), os.fspath(path))


def _path_of(descriptor: int) -> str:
    return os.readlink(f"/proc/self/fd/{descriptor}").removesuffix(" (deleted)")
