"""Lock files as others see them: whether they are locked, by whom, and whether that process still works.

A lock file names its owner: host, process, and how often it beats. The operating system's lock decides. On file
systems that keep such locks to one host, the beat decides between hosts: while a lock is held, the modification time of
its file is renewed every few seconds. Clocks of hosts differ, so an observer only asks whether the time changes while
it watches.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bvtk.documents import parse_json

BEAT = 2.0
"""Seconds between two beats of an owner."""

_MISSED = 8
"""Beats that an owner on another host may miss before it counts as dead."""

_LONGEST_RECORD = 1_000


@dataclass(frozen=True)
class Owner:
    """The process that a lock file names.

    Args:
        host: the name of its machine.
        process: its number there.
        beat: seconds between two beats.
    """

    host: str
    process: int
    beat: float = BEAT

    @property
    def is_here(self) -> bool:
        """Whether it belongs to this host."""
        return self.host == platform.node()

    def __str__(self) -> str:
        """For messages."""
        return f"process {self.process} on {self.host}"


class Watch:
    """Tells locks of working processes from locks that dead ones left, on this host and on others.

    An owner on another host whose lock can be taken is either dead, or its file system does not share locks between
    hosts. It counts as working until it has missed several beats while this object watched.

    Args:
        missed: the beats that it may miss (default: 8).
    """

    def __init__(self, missed: float | None = None) -> None:
        self._missed = _MISSED if missed is None else missed
        self._seen: dict[Path, tuple[object, float]] = {}

    def held(self, path: Path) -> bool:
        """Whether a process is at work behind a lock file; for one on another host, as far as known by now."""
        return is_locked(path) or self.beats(path) is not False

    def beats(self, path: Path) -> bool | None:
        """Whether the owner on another host has beaten since the last call; None if it is too early to say."""
        owner, beat = read_owner(path)
        if owner is None or owner.is_here:
            self._seen.pop(path, None)
            return False
        last, since = self._seen.get(path, (None, 0.0))
        if beat != last:
            self._seen[path] = beat, time.monotonic()
            return None if last is None else True
        return None if time.monotonic() - since < owner.beat * self._missed else False


def is_silent(path: Path) -> bool:
    """Whether a lock file names no owner on another host, or one that has missed its beats by the file system's clock.

    The clock is that of a file created beside the lock. Where every host sets times by its own clock and clocks differ,
    the answer may be wrong, so watch the owner for a moment as well.
    """
    owner, _ = read_owner(path)
    if owner is None or owner.is_here:
        return True
    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:
            return os.fstat(probe.fileno()).st_mtime - path.stat().st_mtime >= owner.beat * _MISSED
    except OSError:
        return False


def is_locked(path: Path) -> bool:
    """Whether a process holds the system's lock on a file."""
    try:
        descriptor = open_lock_file(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        system_lock(descriptor, wait=False, shared=True)
    except (BlockingIOError, PermissionError):
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def lock_owner(path: Path) -> Owner | None:
    """The owner that a lock file names; None if it names none, or one of this host that is dead."""
    owner, _ = read_owner(path)
    return None if owner and owner.is_here and not _alive(owner.process) else owner


def open_lock_file(path: Path, flags: int) -> int:
    """Opens a lock file: following a link would write to whatever it leads to, and a pipe would wait for its other end.

    Raises:
        OSError: if it cannot be opened.
    """
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)


def read_owner(path: Path) -> tuple[Owner | None, object]:
    """The owner that a lock file names, and a value that changes with every beat."""
    try:
        descriptor = open_lock_file(path, os.O_RDONLY)
    except OSError:
        return None, None
    try:
        data, time_ns = os.read(descriptor, _LONGEST_RECORD), os.fstat(descriptor).st_mtime_ns
    except OSError:
        return None, None
    finally:
        os.close(descriptor)
    return _parse(data), (data, time_ns)


def _parse(data: bytes) -> Owner | None:
    try:
        record = parse_json(data or b"0")
    except ValueError:
        return None
    if isinstance(record, int):  # earlier versions wrote the number of the process alone
        record = {"host": platform.node(), "process": record, "beat": BEAT}
    match record:
        case {"host": str(host), "process": int(process), "beat": int() | float() as beat} if process > 0:
            return Owner(host, process, float(min(max(beat, 0.01), 60.0)))
    return None


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30

    def system_lock(descriptor: int, wait: bool, shared: bool = False) -> None:  # noqa: ARG001 — Windows has one kind
        """Takes the system's lock, as below."""
        while True:
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except PermissionError:
                if not wait:
                    raise
                time.sleep(0.1)

    def _alive(process: int) -> bool:
        return process > 0

else:
    import fcntl

    def system_lock(descriptor: int, wait: bool, shared: bool = False) -> None:
        """Takes the system's lock on an open file.

        Raises:
            OSError: `BlockingIOError` or `PermissionError` if another process holds it, others if it cannot be locked.
        """
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind | (0 if wait else fcntl.LOCK_NB))

    def _alive(process: int) -> bool:
        try:
            os.kill(process, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return True
