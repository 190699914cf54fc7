"""File locks that end with their process, name their owner, and notice when their file is removed."""

from __future__ import annotations

import json
import os
import platform
import signal
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from bvtk.errors import BvtkError, RunError, UsageError
from bvtk.lockfiles import BEAT, Owner, Watch, is_silent, lock_owner, open_lock_file, read_owner, system_lock

_PATIENCE = 2.0
"""Seconds for which a starter tries again unless a living process on this host is named: observers hold a lock for a
moment, and an owner on another host may be about to end."""

_BRIEFLY = 0.1

_CONFIRMED = 1.5
"""Beats for which an owner on another host that has been silent is watched, in case that the clocks differ."""


class LockTakenError(UsageError):
    """A lock that another process holds.

    Args:
        path: the lock file.
        owner: the process that holds it; None if the file does not say.
    """

    def __init__(self, path: Path, owner: Owner | None) -> None:
        super().__init__(f"{path} is locked by {owner or 'another process'}", "wait until it is done, or stop it")
        self.path = path
        self.owner = owner


class LockLostError(RunError):
    """A lock whose file was removed or replaced while the lock was held.

    Args:
        path: the lock file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} was removed or replaced while it was in use, so another process may be writing to {path.parent}",
            "make sure that no other process uses the folder, then run the same command again",
        )


class Lock:
    """A lock that this process holds.

    Args:
        path: the lock file.
        descriptor: the open file.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor
        self._owner = Owner(platform.node(), os.getpid(), BEAT)
        _locks.add(self)

    def check(self) -> None:
        """Checks that the lock still keeps others out; call this before each write.

        Raises:
            LockLostError: if the lock file was removed or replaced.
        """
        if self._descriptor is None or not _is_at(self._descriptor, self.path):
            raise LockLostError(self.path)
        owner, _ = read_owner(self.path)  # another host may have taken it where the file system does not share locks
        if owner is not None and owner != self._owner:
            raise LockLostError(self.path)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Writes the owner into the file and beats until the block ends."""
        self._record(json.dumps(asdict(self._owner)) + "\n")
        stop = threading.Event()
        thread = threading.Thread(target=self._beat, args=(stop,), name="bvtk-lock", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            if read_owner(self.path)[0] in (None, self._owner):  # another host may have taken a lock that was lost
                self._record("")

    def close(self) -> None:
        """Releases the lock; in a forked child, leaves it to the parent."""
        _locks.discard(self)
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _record(self, text: str) -> None:
        if self._descriptor is not None:
            with suppress(OSError):  # on a full disk the lock still holds, without a name
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                os.write(self._descriptor, text.encode())

    def _beat(self, stop: threading.Event) -> None:
        if hasattr(signal, "pthread_sigmask"):  # signals are for the main thread
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while not stop.wait(BEAT):
            if self._descriptor is not None:
                with suppress(OSError):
                    os.utime(self._descriptor if os.utime in os.supports_fd else self.path)


@contextmanager
def file_lock(path: Path, *, wait: bool = False) -> Iterator[Lock]:
    """Holds a lock on a file for the length of the block; the system frees it when the process ends.

    The file is never removed, since a lock on a removed file keeps nobody out. A child that this process forks does not
    keep the lock.

    Args:
        path: the lock file, created if it is missing; its folder must exist.
        wait: whether to wait until the owner is done, or is known to be dead, instead of raising within seconds.

    Raises:
        LockTakenError: if another process, or another block of this one, holds the lock.
        BvtkError: if the file cannot be opened or its file system has no locks.
    """
    lock = _acquire(path, wait)
    try:
        with lock.named():
            yield lock
    finally:
        lock.close()


_locks: set[Lock] = set()


def _close_in_child() -> None:
    for lock in tuple(_locks):
        lock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)


def _acquire(path: Path, wait: bool) -> Lock:
    began = time.monotonic()
    while True:
        descriptor = _open_or_create(path)
        try:
            if _try(descriptor, path, wait) and _is_at(descriptor, path):
                return Lock(path, descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        owner = lock_owner(path)
        patience = _BRIEFLY if owner and owner.is_here else _PATIENCE
        if not wait and time.monotonic() - began > patience:
            raise LockTakenError(path, owner or read_owner(path)[0])
        time.sleep(_BRIEFLY / 5)


def _try(descriptor: int, path: Path, wait: bool) -> bool:
    """Tries to take the lock. For one that another host left, it must be clear that the owner is dead."""
    try:
        system_lock(descriptor, wait)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        hint = "choose a folder on a file system that has locks"
        raise BvtkError(f"cannot lock {path}: {error.strerror}", hint) from error
    if not wait and not is_silent(path):
        return False
    watch = Watch() if wait else Watch(missed=_CONFIRMED)
    while (beats := watch.beats(path)) is None:
        time.sleep(_BRIEFLY)
    return not beats


def _open_or_create(path: Path) -> int:
    try:
        descriptor = open_lock_file(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise BvtkError(
            f"cannot open the lock file {path}: {error.strerror}", "check the folder's permissions"
        ) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_nlink < 2:
        return descriptor
    os.close(descriptor)
    found = "it is a hard link to another file" if stat.S_ISREG(status.st_mode) else "not a regular file"
    raise BvtkError(f"cannot open the lock file {path}: {found}", "remove it")


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that lies at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False
