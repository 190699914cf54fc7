"""The official file of dSprites, for users who have it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data import hdf5
from bvtk.errors import DataError
from bvtk.npy import fill, open_npz
from bvtk.reading import open_file

NAMES = (
    "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
    "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.hdf5",
)
"""The names of the official files."""

CHECKSUMS = {
    "npz": ("md5", "7da33b31b13a06f4b04a70402ce90c2e"),
    "hdf5": ("sha256", "729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb"),
}
"""By format, the algorithm and checksum of the official file."""

_MAGIC = {b"PK": "npz", b"\x89H": "hdf5"}
_IMAGES = "imgs"


def verify(path: Path) -> str:
    """Compares a .npz or .hdf5 file with the checksum of the official one, and returns its format.

    Raises:
        DataError: if it is missing or another file, with the expected and the found checksum.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file", "give the path of the official .npz or .hdf5 file, or remove path")
    try:
        with open_file(path) as file:
            form = _MAGIC.get(file.read(2), "npz")
            algorithm, expected = CHECKSUMS[form]
            file.seek(0)
            found = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    if found != expected:
        raise DataError(
            f"{path} is not the official dSprites file: expected {algorithm} {expected}, found {found}",
            "download it again, or set source to rendered; for images of your own use `type: arrays`",
        )
    return form


def read_sprites(path: Path, form: str, shape: tuple[int, int, int]) -> Iterator[NDArray[np.uint8]]:
    """Reads the images of an official file, of shape (N, H, W), block by block.

    Yields:
        (n, 1, H, W) 0 or 1, in order.

    Raises:
        DataError: if it holds anything else, or keeps its images in other files.
    """
    blocks = _npz_blocks(path, shape) if form == "npz" else _hdf5_blocks(path, shape)
    for block in blocks:
        if block.max() > 1:
            raise DataError(f"{path} has pixels of {block.max()}, expected 0 and 1", "download it again")
        yield block[:, None]


def _npz_blocks(path: Path, shape: tuple[int, ...]) -> Iterator[NDArray[np.uint8]]:
    with open_npz(path) as npz, npz.open(_IMAGES) as (file, header):
        _check(path, header.shape, header.dtype, shape)
        step = max(1, hdf5.BLOCK // math.prod(shape[1:]))
        for start in range(0, shape[0], step):
            block = np.empty((min(step, shape[0] - start), *shape[1:]), np.uint8)
            fill(file, block.data.cast("B"))
            yield block


def _hdf5_blocks(path: Path, shape: tuple[int, ...]) -> Iterator[NDArray[np.uint8]]:
    with hdf5.open_hdf5(path, _IMAGES) as array:
        _check(path, array.shape, array.dtype, shape)
        yield from hdf5.read_blocks(array)


def _check(path: Path, found: tuple[int, ...], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if tuple(found) != shape or dtype != np.uint8:
        raise DataError(f"{path} has {dtype} of shape {found}, expected uint8 of shape {shape}", "download it again")
