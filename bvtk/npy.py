"""Reads .npy and .npz files that may come from anyone: never unpickles, allocates no more than the file contains."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import DataError, printable
from bvtk.reading import open_descriptor, open_file

UNPACKED_LIMIT = 4 << 30
"""The largest array that is read from a .npz file, in bytes after unpacking."""

PACKED_RATIO = 200
"""The largest ratio of unpacked to packed size of an array in a .npz file, for arrays of more than `RATIO_FREE` bytes.

All of dSprites has a ratio of 116; zeros alone have ratios from 229 to 1,030.
"""

RATIO_FREE = 256 << 20

LONGEST_HEADER = 1 << 16
"""The longest header of an array, in bytes. NumPy itself accepts up to 10,000 characters."""

LONGEST_LISTING = 1 << 20
"""The longest directory of a .npz file, in bytes: enough for thousands of arrays."""

MOST_AXES = 32
"""The most axes of an array: what every release of NumPy supports."""

_NAMES_SHOWN = 10
_PIECE = 1 << 24
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = 0xD800 >> 11
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


class Header(NamedTuple):
    """The header of a .npy file."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        """Size of the values in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def order(self) -> Literal["C", "F"]:
        """`C` if the last axis changes fastest, else `F`."""
        return "F" if self.fortran else "C"


def read_header(file: IO[bytes], name: str) -> Header:
    """Reads the header of a .npy file, called `name` in errors, and leaves the file at the first value.

    Raises:
        DataError: if it is damaged, or the array has Python objects.
    """
    try:
        major, _ = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        header = Header(*read(io.BytesIO(_header_bytes(file, 2 if major == 1 else 4))))
    except Exception as error:  # NumPy's parser raises almost anything on invalid headers
        raise DataError(f"{name} has a damaged header", "save it again with numpy.save or numpy.savez") from error
    if header.dtype.hasobject:
        raise DataError(f"{name} has Python objects, which bvtk never unpickles", "save it as an array of numbers")
    if header.dtype.itemsize == 0:
        raise DataError(f"{name} is of type {header.dtype}, which has size 0", "save it as an array of numbers")
    if len(header.shape) > MOST_AXES:
        raise DataError(f"{name} has {len(header.shape)} axes, expected at most {MOST_AXES}", "reshape it")
    if any(length < 0 or isinstance(length, bool) for length in header.shape):
        raise DataError(f"{name} has the invalid shape {header.shape}", "save it again with numpy.save or numpy.savez")
    return header


def _header_bytes(file: IO[bytes], size: int) -> bytes:
    """The length of a header, a number of `size` bytes, and the header, bounded: NumPy reads any length."""
    length = file.read(size)
    if int.from_bytes(length, "little") > LONGEST_HEADER:
        raise ValueError("a header of more than 64 KiB")
    return length + file.read(int.from_bytes(length, "little"))


def map_npy(path: Path) -> NDArray[Any]:
    """Maps a .npy file into memory, so that values are read when they are used.

    Raises:
        DataError: if it can't be read, is damaged, or is shorter than its header says.
    """
    try:
        with open_file(path) as file:
            header = read_header(file, str(path))
            start = file.tell()
        held = path.stat().st_size - start
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    if held < header.bytes:
        raise DataError(
            f"{path} is truncated: shape {header.shape} needs {header.bytes} bytes, the file has {held}",
            "copy or save it again",
        )
    if header.bytes == 0:
        return np.zeros(header.shape, header.dtype)
    mapped = np.memmap(path, header.dtype, "r", start, header.shape, header.order)
    return np.asarray(mapped)


def check_ratio(label: str, unpacked: int, packed: int, hint: str) -> None:
    """Raises a `DataError` if an array is much larger than what it is stored in, both in bytes."""
    if unpacked > max(RATIO_FREE, PACKED_RATIO * packed):
        raise DataError(
            f"{label} unpacks to {unpacked / 1e6:.0f} MB from {packed / 1e6:.1f} MB, more than {PACKED_RATIO} times "
            "its size, which looks like a decompression bomb",
            hint,
        )


class Npz:
    """An opened .npz file."""

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive = archive
        self._path = path
        self.names = tuple(name.removesuffix(".npy") for name in archive.namelist())

    @property
    def contents(self) -> str:
        """The names of its arrays, in words; only the first few if they are many."""
        shown = [printable(name) for name in self.names[:_NAMES_SHOWN]]
        more = len(self.names) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "") or "nothing"

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[IO[bytes], Header]]:
        """Opens an array at its first value, to read it piece by piece.

        Raises:
            DataError: if it is missing, damaged, or not of the size that its header says.
        """
        label = f"{self._path}, array '{name}',"
        if name not in self.names:
            raise DataError(f"{self._path} has no array '{name}', found {self.contents}", f"save it with {name}=…")
        try:
            member = self._archive.getinfo(f"{name}.npy")
            with self._archive.open(member) as file:
                header = read_header(file, label)
                held = member.file_size - file.tell()
                if held != header.bytes:
                    needed = f"{label} has shape {header.shape}, which needs {header.bytes} bytes"
                    raise DataError(f"{needed}, but the archive says {held}", "copy or save it again")
                yield file, header
        except (*_DAMAGED, KeyError) as error:
            raise DataError(f"{label} is damaged: {error}", "copy or save it again") from error

    def header(self, name: str) -> Header:
        """The header of an array; raises a `DataError` as `open` does."""
        with self.open(name) as (_, header):
            return header

    def read(self, name: str) -> NDArray[Any]:
        """Reads a whole array into memory.

        Raises:
            DataError: as `open` does, or if it is larger than `UNPACKED_LIMIT` or looks like a decompression bomb.
        """
        with self.open(name) as (file, header):
            self._check_size(name, header)
            values = np.empty(header.bytes, np.uint8)
            view = values.data
            for start in range(0, len(view), _PIECE):
                fill(file, view[start : start + _PIECE])
            if file.read(1):
                raise zipfile.BadZipFile("more bytes than declared")
        return values.view(header.dtype).reshape(header.shape, order=header.order)

    def _check_size(self, name: str, header: Header) -> None:
        packed = min(self._archive.getinfo(f"{name}.npy").compress_size, self._path.stat().st_size)
        label, hint = (
            f"{self._path}, array '{name}',",
            "save it with numpy.save as a .npy file, which is not read into memory",
        )
        if header.bytes > UNPACKED_LIMIT:
            limit = f"the limit is {UNPACKED_LIMIT / 1e9:.1f} GB"
            raise DataError(f"{label} unpacks to {header.bytes / 1e9:.1f} GB, {limit}", hint)
        check_ratio(label, header.bytes, packed, hint)


@contextmanager
def open_npz(path: Path) -> Iterator[Npz]:
    """Opens a .npz file.

    Raises:
        DataError: if it can't be read or is not a zip archive.
    """
    with ExitStack() as opened:
        try:
            file = opened.enter_context(_BoundedFile(open_descriptor(path)))
            archive = opened.enter_context(zipfile.ZipFile(file))
        except _DAMAGED as error:
            raise DataError(f"{path} is damaged or truncated: {error}", "copy or save it again") from error
        file.listing = False
        yield Npz(archive, path)


class _BoundedFile(io.FileIO):
    """A file whose directory is not read if it is longer than `LONGEST_LISTING`: `zipfile` reads it as a whole."""

    listing = True

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes."""
        if self.listing and size and size > LONGEST_LISTING:
            raise zipfile.BadZipFile("its directory is too long for a .npz file")
        return super().read(size) or b""


def as_texts(array: NDArray[Any], name: str) -> tuple[str, ...]:
    """The texts in an array of any type and shape, which is called `name` in errors.

    Raises:
        DataError: if it is not an array of text, or has invalid characters.
    """
    if array.dtype.kind != "U":
        raise DataError(f"{name} is of type {array.dtype}, expected text", 'save it as numpy.array(["shape", …])')
    flat = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(-1)
    codes = flat.view(np.uint32)
    if codes.size and (codes.max() > _LAST_CHARACTER or ((codes >> 11) == _SURROGATES).any()):
        raise DataError(f"{name} has invalid characters", "save the names again")
    return tuple(map(str, flat))


def fill(file: IO[bytes], view: memoryview) -> None:
    """Fills a buffer from a file.

    Raises:
        EOFError: if the file ends before.
    """
    while view:
        count = file.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise EOFError("unexpected end of file")
        view = view[count:]
