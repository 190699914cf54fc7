"""Opens files for reading. They may come from anyone, and a name may lead to anything."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader, BytesIO
from pathlib import Path


def open_descriptor(path: Path) -> int:
    """Opens a regular file: a pipe would wait for its other end, and a device may never end.

    Raises:
        OSError: if it can't be opened, or is not a regular file.
    """
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))


def open_file(path: Path) -> BufferedReader | BytesIO:
    """Opens a regular file, of which nothing is read if it has size 0: such files of /proc may wait forever.

    Raises:
        OSError: as `open_descriptor` does.
    """
    file = os.fdopen(open_descriptor(path), "rb")
    if os.fstat(file.fileno()).st_size:
        return file
    file.close()
    return BytesIO()


def read_file(path: Path) -> bytes:
    """The contents of a regular file; raises an `OSError` as `open_file` does."""
    with open_file(path) as file:
        return file.read()
