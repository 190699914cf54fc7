"""Reads arrays of HDF5 files, which may come from anyone: never from other files, and in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import DataError
from bvtk.npy import check_ratio
from bvtk.reading import open_file

BLOCK = 4 << 20
"""The usual size of a block, in bytes."""

LARGEST_BLOCK = 256 << 20
"""The largest size of a block and of a chunk of the file, in bytes."""


@contextmanager
def open_hdf5(path: Path, name: str) -> Iterator[Any]:
    """Opens an array of an HDF5 file by its name, such as `images` or `group/images`.

    Yields:
        The `h5py.Dataset`. Read it with `read_array` or `read_blocks`, which bound the memory.

    Raises:
        DataError: if h5py is not installed, the file is damaged, or the array is missing, linked from elsewhere,
            stored in other files or implausibly large for the file.
    """
    try:
        import h5py
    except ImportError as error:
        raise DataError(f"reading {path} needs h5py", 'pip install "bvtk[data]"') from error
    try:
        open_file(path).close()
        with h5py.File(path, "r") as file:
            array = _stored_array(file, path, name, h5py)
            _check_size(array, path)
            yield array
    except OSError as error:
        raise DataError(f"{path} is damaged: {error}", "copy or download it again") from error


def read_blocks(array: Any) -> Iterator[NDArray[Any]]:
    """Reads an array of `open_hdf5` in blocks along its first axis.

    Yields:
        As many rows as have about `BLOCK` bytes, in order.

    Raises:
        DataError: if a single row is too large for a block.
    """
    row = math.prod(array.shape[1:]) * array.dtype.itemsize
    if row > LARGEST_BLOCK:
        raise _size_error(array, f"rows of {row / 1e6:.0f} MB", "reduce the size of the images")
    chunk = array.chunks[0] if array.chunks else 1  # part of a chunk costs as much to read as all of it
    step = max(1, min(max(BLOCK // max(row, 1), chunk), LARGEST_BLOCK // max(row, 1)))
    for start in range(0, array.shape[0], step):
        yield array[start : start + step]


def read_array(array: Any) -> NDArray[Any]:
    """Reads a small array of `open_hdf5` as a whole, such as factors.

    Raises:
        DataError: if it is too large.
    """
    if array.nbytes > LARGEST_BLOCK:
        raise _size_error(array, f"{array.nbytes / 1e6:.0f} MB", "check the name of the array")
    return np.asarray(array[()])


def _stored_array(file: Any, path: Path, name: str, h5py: Any) -> Any:
    node = file
    for part in filter(None, name.split("/")):  # soft and external links may lead out of the file
        own = isinstance(node, h5py.Group) and isinstance(node.get(part, getlink=True), h5py.HardLink)
        node = node[part] if own else None
    if not isinstance(node, h5py.Dataset) or node.shape is None:
        raise DataError(f"{path} has no array {name!r} of its own", "check the name of the array")
    if node.external or node.is_virtual:
        raise DataError(f"{path} keeps {name!r} in other files, which bvtk never opens", "store the values in it")
    return node


def _check_size(array: Any, path: Path) -> None:
    label, hint = f"{path}, array {array.name!r},", "check where the file comes from"
    check_ratio(label, array.nbytes, path.stat().st_size, hint)
    chunk = math.prod(array.chunks or (0,)) * array.dtype.itemsize
    if chunk > LARGEST_BLOCK:
        raise _size_error(array, f"chunks of {chunk / 1e6:.0f} MB", "save it again with smaller chunks")


def _size_error(array: Any, found: str, hint: str) -> DataError:
    limit = f"the limit is {LARGEST_BLOCK / 1e6:.0f} MB"
    return DataError(f"{array.file.filename}, array {array.name!r}, has {found}, {limit}", hint)
