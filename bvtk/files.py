"""Files and folders that are written whole or not at all, and locks that die with their process.

Everything appears under its final name by one rename, after its contents have reached the disk, so
that a kill or a power cut at any moment leaves either what was there before or what was meant to be.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bvtk.errors import BvtkError, UsageError

_TEMPORARY = "tmp"
_ASIDE = "old"
_LEFT_BESIDE = re.compile(rf"\.(?P<of>.+)\.\d+-[0-9a-f]{{8}}\.(?P<kind>{_TEMPORARY}|{_ASIDE})")
_PID_PATIENCE = 0.5


class LockTakenError(UsageError):
    """A lock that another process holds.

    Args:
        path: the lock file.
        pid: the process that holds it; None where it could not be read.
    """

    def __init__(self, path: Path, pid: int | None) -> None:
        owner = f"process {pid}" if pid else "another process"
        super().__init__(f"{path} is locked by {owner}", "wait until it is done, or stop it")
        self.path = path
        self.pid = pid


def fsync_file(path: Path) -> None:
    """Returns when a file's contents are on the disk."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Returns when a folder's list of names is on the disk, where the system can say so."""
    if sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Makes a folder and those above it where they are missing, and returns when their names are on the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        fsync_folder(folder.parent)


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file's contents, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def linked(*paths: Path) -> Path | None:
    """The first of these paths that is a symbolic link: what is written there lands elsewhere."""
    return next((path for path in paths if path.is_symlink()), None)


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Lets the block write a temporary file beside `path`, then puts it in its place.

    The block gets a path that does not exist yet, on the same file system. If it raises, the
    temporary file is removed and `path` stays as it was.

    Args:
        path: the final name; its folder must exist. A file of that name is replaced.
    """
    temporary = _beside(path, _TEMPORARY)
    try:
        yield temporary
        fsync_file(temporary)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all, and returns when it is on the disk."""
    with atomic_file(path) as temporary:
        temporary.write_bytes(data)


def write_text_atomic(path: Path, text: str) -> None:
    r"""Writes a UTF-8 text file whole or not at all; line ends stay `\n` everywhere."""
    write_bytes_atomic(path, text.encode())


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Lets the block fill a temporary folder beside `path`, then puts it in its place.

    Every file in it is on the disk before the rename, and the rename before this returns. A folder
    that lies at `path` already is moved aside first and removed last, as no system renames over a full
    folder; `remove_leftovers` puts it back where a kill came between the two renames.

    Args:
        path: the final name; its parent must exist.
    """
    temporary = _beside(path, _TEMPORARY)
    temporary.mkdir()
    try:
        yield temporary
        _fsync_tree(temporary)
        _put_folder(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def remove_leftovers(path: Path) -> None:
    """Removes what killed writers of `path` left beside it. Call it only where no other writer can be at work."""
    for aside in _leftovers(path, _ASIDE):
        if path.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(path)
    for temporary in _leftovers(path, _TEMPORARY):
        if temporary.is_dir() and not temporary.is_symlink():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def remove_all_leftovers(folder: Path) -> None:
    """Does the same for every file and folder in a folder, where there is such a folder."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    for name in {match["of"] for match in map(_LEFT_BESIDE.fullmatch, names) if match}:
        remove_leftovers(folder / name)


@contextmanager
def file_lock(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Holds a lock on a file for the length of the block; the system frees it when the process dies.

    The file holds the owner's pid while it is locked. It is never removed: a lock on a removed file
    would keep nobody out.

    Args:
        path: the lock file, made where it is missing; its folder must exist.
        wait: whether to wait for an owner to be done, instead of raising.

    Raises:
        LockTakenError: where another process, or another block of this one, holds it.
        BvtkError: where the file can't be opened or its file system knows no locks.
    """
    try:
        # A link in the lock's place would have the pid written into whatever it leads to.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
    except OSError as error:
        raise BvtkError(
            f"can't open the lock file {path}: {error.strerror}", "check the folder's permissions"
        ) from error
    try:
        _acquire(descriptor, path, wait)
        _write_pid(descriptor, os.getpid())
        try:
            yield
        finally:
            _write_pid(descriptor, 0)
    finally:
        os.close(descriptor)


def lock_owner(path: Path) -> int | None:
    """The pid of the living process that holds a lock; None where there is none."""
    try:
        pid = int(path.read_bytes() or b"0")
    except (OSError, ValueError):
        return None
    return pid if pid > 0 and _alive(pid) else None


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.{suffix}")


def _leftovers(path: Path, kind: str) -> list[Path]:
    found = [(_LEFT_BESIDE.fullmatch(other.name), other) for other in path.parent.iterdir()]
    return [other for match, other in found if match and (match["of"], match["kind"]) == (path.name, kind)]


def _fsync_tree(folder: Path) -> None:
    for parent, _, names in os.walk(folder):
        for name in names:
            fsync_file(Path(parent, name))
        fsync_folder(Path(parent))


def _put_folder(temporary: Path, path: Path) -> None:
    aside = path.rename(_beside(path, _ASIDE)) if path.exists() else None
    try:
        temporary.rename(path)
    except OSError:
        if aside:
            aside.rename(path)
        raise
    fsync_folder(path.parent)
    if aside:
        shutil.rmtree(aside, ignore_errors=True)


def _acquire(descriptor: int, path: Path, wait: bool) -> None:
    try:
        _lock(descriptor, wait)
    except (BlockingIOError, PermissionError) as error:
        raise LockTakenError(path, _patient_owner(path)) from error
    except OSError as error:
        hint = "choose a folder on a file system that knows locks"
        raise BvtkError(f"can't lock {path}: {error.strerror}", hint) from error


def _patient_owner(path: Path) -> int | None:
    """The owner's pid, waiting a moment for one that has the lock but has not yet written its pid."""
    until = time.monotonic() + _PID_PATIENCE
    while (pid := lock_owner(path)) is None and time.monotonic() < until:
        time.sleep(0.01)
    return pid


def _write_pid(descriptor: int, pid: int) -> None:
    with suppress(OSError):  # on a full disk the lock holds all the same, only nameless
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, os.write(descriptor, b"%-10d" % pid))


if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 1 << 30

    def _lock(descriptor: int, wait: bool) -> None:
        while True:
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except PermissionError:
                if not wait:
                    raise
                time.sleep(0.1)

    def _alive(pid: int) -> bool:
        return pid > 0

else:
    import fcntl

    def _lock(descriptor: int, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))

    def _alive(pid: int) -> bool:
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:
            return True
        return True
