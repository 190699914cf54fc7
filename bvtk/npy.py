"""Reads .npy and .npz files of strangers: nothing unpickled, nothing allocated that the file does not hold."""

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

UNPACKED_LIMIT = 4 << 30
"""The most bytes that an array in a .npz file may have, once unpacked."""

PACKED_RATIO = 200
"""How many times smaller than itself an array beyond `RATIO_FREE` bytes may be packed in a .npz file.

All of dSprites packs to a 116th, and nothing but zeros to between a 229th and a 1,030th.
"""

RATIO_FREE = 256 << 20

LONGEST_HEADER = 1 << 16
"""The most bytes that the header of an array may have; NumPy itself takes no more than 10,000 characters."""

LONGEST_LISTING = 1 << 20
"""The most bytes that an archive's list of its arrays may have: thousands of arrays."""

MOST_AXES = 32
"""The most axes of an array: every release of NumPy takes as many."""

_NAMES_SHOWN = 10
_PIECE = 1 << 24
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = 0xD800 >> 11
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


class Header(NamedTuple):
    """What a .npy file says that it holds."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def bytes(self) -> int:
        """Size of the values."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def order(self) -> Literal["C", "F"]:
        """`C` where the last axis changes fastest, else `F`."""
        return "F" if self.fortran else "C"


def read_header(file: IO[bytes], name: str) -> Header:
    """Reads the header of a .npy file, and leaves the file at its values.

    Args:
        file: at the start of the .npy data.
        name: what to call it in errors.

    Raises:
        DataError: where it is damaged, or holds Python objects.
    """
    try:
        major, _ = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        header = Header(*read(io.BytesIO(_header_bytes(file, 2 if major == 1 else 4))))
    except Exception as error:  # NumPy's parser raises almost anything on what is no header
        raise DataError(f"{name} has a damaged header", "save it again with numpy.save or numpy.savez") from error
    if header.dtype.hasobject:
        raise DataError(f"{name} holds Python objects, which bvtk never unpickles", "save it as an array of numbers")
    if header.dtype.itemsize == 0:
        raise DataError(f"{name} is of type {header.dtype}, values of no size", "save it as an array of numbers")
    if len(header.shape) > MOST_AXES:
        raise DataError(f"{name} has {len(header.shape)} axes, {MOST_AXES} are the most", "reshape it")
    if any(length < 0 for length in header.shape):
        raise DataError(f"{name} says that its shape is {header.shape}", "save it again with numpy.save or numpy.savez")
    return header


def _header_bytes(file: IO[bytes], size: int) -> bytes:
    """The length of a header, a number of `size` bytes, and the header: NumPy would read it however long it is."""
    length = file.read(size)
    if int.from_bytes(length, "little") > LONGEST_HEADER:
        raise ValueError("a header of more than 64 KiB")
    return length + file.read(int.from_bytes(length, "little"))


def map_npy(path: Path) -> NDArray[Any]:
    """Maps a .npy file into memory, to be read as it is used.

    Raises:
        DataError: where it can't be read, is damaged or shorter than it says.
    """
    try:
        with path.open("rb") as file:
            header = read_header(file, str(path))
            start = file.tell()
        held = path.stat().st_size - start
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    if held < header.bytes:
        raise DataError(
            f"{path} is cut short: its header says {header.bytes} bytes for shape {header.shape}, {held} follow",
            "copy or save it again",
        )
    if header.bytes == 0:
        return np.zeros(header.shape, header.dtype)
    mapped = np.memmap(path, header.dtype, "r", start, header.shape, header.order)
    return np.asarray(mapped)


class Npz:
    """An opened .npz file.

    Args:
        archive: the zip archive.
        path: where it lies.
    """

    def __init__(self, archive: zipfile.ZipFile, path: Path) -> None:
        self._archive = archive
        self._path = path
        self.names = tuple(name.removesuffix(".npy") for name in archive.namelist())

    @property
    def held(self) -> str:
        """The names of its arrays in words, the first few where they are many."""
        shown = [printable(name) for name in self.names[:_NAMES_SHOWN]]
        more = len(self.names) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more else "") or "nothing"

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[IO[bytes], Header]]:
        """Opens an array at its values, for reading them piece by piece.

        Raises:
            DataError: where it is missing, damaged or of another size than it says.
        """
        label = f"{self._path}, array '{name}',"
        if name not in self.names:
            raise DataError(f"{self._path} has no array '{name}', it holds {self.held}", f"save it with {name}=…")
        try:
            member = self._archive.getinfo(f"{name}.npy")
            with self._archive.open(member) as file:
                header = read_header(file, label)
                if member.file_size != file.tell() + header.bytes:
                    raise DataError(
                        f"{label} says {header.bytes} bytes for shape {header.shape}, the archive says "
                        f"{member.file_size - file.tell()}",
                        "copy or save it again",
                    )
                yield file, header
        except (*_DAMAGED, KeyError) as error:
            raise DataError(f"{label} is damaged: {error}", "copy or save it again") from error

    def header(self, name: str) -> Header:
        """What an array's header says.

        Raises:
            DataError: where it is missing, damaged or of another size than it says.
        """
        with self.open(name) as (_, header):
            return header

    def read(self, name: str) -> NDArray[Any]:
        """Reads a whole array into memory.

        Raises:
            DataError: as `open` does, and where it is larger than `UNPACKED_LIMIT` or packed suspiciously tight.
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
        hint = "save it with numpy.save as a .npy file, which is read from disk as needed"
        if header.bytes > UNPACKED_LIMIT:
            raise DataError(
                f"{self._path}, array '{name}', unpacks to {header.bytes / 1e9:.1f} GB, the limit is "
                f"{UNPACKED_LIMIT / 1e9:.1f} GB",
                hint,
            )
        if header.bytes > max(RATIO_FREE, PACKED_RATIO * packed):
            raise DataError(
                f"{self._path}, array '{name}', unpacks to {header.bytes / 1e6:.0f} MB from {packed / 1e6:.1f} MB, "
                f"more than {PACKED_RATIO} times its size: it looks like a decompression bomb",
                hint,
            )


@contextmanager
def open_npz(path: Path) -> Iterator[Npz]:
    """Opens a .npz file.

    Raises:
        DataError: where it can't be read or is no zip archive.
    """
    with ExitStack() as opened:
        try:
            file = opened.enter_context(_BoundedFile(path))
            archive = opened.enter_context(zipfile.ZipFile(file))
        except _DAMAGED as error:
            raise DataError(f"{path} is damaged or cut short: {error}", "copy or save it again") from error
        file.listing = False
        yield Npz(archive, path)


class _BoundedFile(io.FileIO):
    """A file of which no list of arrays beyond `LONGEST_LISTING` is read, which `zipfile` takes in as a whole."""

    listing = True

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes."""
        if self.listing and size and size > LONGEST_LISTING:
            raise zipfile.BadZipFile("its list of arrays is longer than that of any archive of arrays")
        return super().read(size) or b""


def as_texts(array: NDArray[Any], name: str) -> tuple[str, ...]:
    """The texts in an array of them, which may come from a stranger's file.

    Args:
        array: of any type and shape.
        name: what to call it in errors.

    Raises:
        DataError: where it holds no text, or characters that are none.
    """
    if array.dtype.kind != "U":
        raise DataError(f"{name} is of type {array.dtype}, expected text", 'save it as numpy.array(["shape", …])')
    flat = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(-1)
    codes = flat.view(np.uint32)
    if codes.size and (codes.max() > _LAST_CHARACTER or ((codes >> 11) == _SURROGATES).any()):
        raise DataError(f"{name} holds characters that are none", "save the names again")
    return tuple(map(str, flat))


def fill(file: IO[bytes], view: memoryview) -> None:
    """Fills a buffer from a file.

    Raises:
        EOFError: where the file ends before.
    """
    while view:
        count = file.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise EOFError("it ends too early")
        view = view[count:]
