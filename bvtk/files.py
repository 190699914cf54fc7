"""Files and folders that are written whole or not at all.

Everything gets its final name by one rename, after its contents have reached the disk. A kill or a power cut at any
moment leaves either the old state or the new one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path

from bvtk.reading import open_file

_TEMPORARY = "tmp"
_ASIDE = "old"
_LEFT_BESIDE = re.compile(rf"\.(?P<of>.+)\.\d+-[0-9a-f]{{8}}\.(?P<kind>{_TEMPORARY}|{_ASIDE})")


def fsync_file(path: Path) -> None:
    """Returns when a file's contents are on the disk."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(path: Path) -> None:
    """Returns when a folder's list of names is on the disk, if the system can tell."""
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
    """Creates a folder and missing parents, and returns when their names are on the disk."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        fsync_folder(folder.parent)


def sha256_of_file(path: Path) -> str:
    """The SHA-256 of a file's contents, in hexadecimal."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Lets the block write a temporary file beside `path`, then puts it in its place.

    The block gets a path that does not exist yet. If it raises, the temporary file is removed and `path` stays as it
    was.

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

    All files are on the disk before the rename, and the rename before this returns. A folder that is already at `path`
    is moved aside first and removed last, since no system replaces a full folder by a rename; `remove_leftovers` puts
    it back if a kill came between the two renames.

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


def remove_folder(path: Path) -> None:
    """Removes a folder, which gets another name first: nobody sees half of it under its own."""
    shutil.rmtree(path.rename(_beside(path, _TEMPORARY)))


def remove_leftovers(path: Path) -> None:
    """Removes what killed writers of `path` left beside it. Call it only while nobody else can write."""
    for aside in _leftovers(path, _ASIDE):
        if path.exists() or aside.is_symlink():
            _remove(aside)
        else:
            aside.rename(path)
    for temporary in _leftovers(path, _TEMPORARY):
        _remove(temporary)


def remove_all_leftovers(folder: Path, pattern: str) -> None:
    """Does the same for all names in a folder that match a pattern, such as `step-*`, if the folder exists."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    for name in {match["of"] for match in map(_LEFT_BESIDE.fullmatch, names) if match}:
        if fnmatchcase(name, pattern):
            remove_leftovers(folder / name)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


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
