"""Reads the official file of dSprites, where the user has it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.errors import DataError
from bvtk.npy import fill, open_npz

NAMES = (
    "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
    "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.hdf5",
)
"""What the official files are called."""

CHECKSUMS = {
    "npz": ("md5", "7da33b31b13a06f4b04a70402ce90c2e"),
    "hdf5": ("sha256", "729fa22e884c9c500e1f17415d580746b4c5894fbbb780a1319bbcfa39a745bb"),
}
"""The algorithm and sum of the official files, by their format."""

_MAGIC = {b"PK": "npz", b"\x89H": "hdf5"}
_BLOCK = 1024
_LARGEST_BLOCK = 1 << 16


def verify(path: Path) -> str:
    """Holds a file against the checksum of the official one.

    Args:
        path: the .npz or .hdf5 file.

    Returns:
        Its format, a key of `CHECKSUMS`.

    Raises:
        DataError: where it is missing or another file, with the sum expected and the one found.
    """
    if not path.is_file():
        raise DataError(f"{path} is no file", "give the path of the official dSprites .npz or .hdf5, or leave it out")
    try:
        with path.open("rb") as file:
            form = _MAGIC.get(file.read(2), "npz")
            algorithm, expected = CHECKSUMS[form]
            file.seek(0)
            found = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    if found != expected:
        raise DataError(
            f"{path} is not the official dSprites file: expected {algorithm} {expected}, found {found}",
            "fetch it again, or use `source: rendered`; for images of your own use `type: arrays`",
        )
    return form


def read_blocks(path: Path, form: str, shape: tuple[int, int, int]) -> Iterator[NDArray[np.uint8]]:
    """Reads the images of an official file block by block; nothing else in it is touched.

    Args:
        path: the file.
        form: its format, as `verify` found it.
        shape: (N, H, W) of the images.

    Yields:
        (n, H, W) 0 or 1, in order.

    Raises:
        DataError: where it holds something else, or keeps its images in other files.
    """
    for block in _npz_blocks(path, shape) if form == "npz" else _hdf5_blocks(path, shape):
        if block.max() > 1:
            raise DataError(f"{path} holds pixels of {block.max()}, expected 0 and 1", "fetch it again")
        yield block


def _npz_blocks(path: Path, shape: tuple[int, int, int]) -> Iterator[NDArray[np.uint8]]:
    with open_npz(path) as npz, npz.open("imgs") as (file, header):
        _check(path, header.shape, header.dtype, shape)
        for start in range(0, shape[0], _BLOCK):
            block = np.empty((min(_BLOCK, shape[0] - start), *shape[1:]), np.uint8)
            fill(file, block.data.cast("B"))
            yield block


def _hdf5_blocks(path: Path, shape: tuple[int, int, int]) -> Iterator[NDArray[np.uint8]]:
    try:
        import h5py
    except ImportError as error:
        raise DataError(f"reading {path} needs h5py", 'pip install "bvtk[data]", or use the .npz file') from error
    try:
        with h5py.File(path, "r") as file:
            images = _own_dataset(file, path, h5py)
            _check(path, images.shape, images.dtype, shape)
            step = min(max(_BLOCK, images.chunks[0] if images.chunks else 0), _LARGEST_BLOCK)
            for start in range(0, shape[0], step):
                yield images[start : start + step]
    except OSError as error:
        raise DataError(f"{path} is damaged: {error}", "fetch it again") from error


def _own_dataset(file: Any, path: Path, h5py: Any) -> Any:
    """The data set `imgs`, refused where its values lie anywhere but in the file itself."""
    if not isinstance(file.get("imgs", getlink=True), h5py.HardLink) or not isinstance(file["imgs"], h5py.Dataset):
        raise DataError(f"{path} has no images of its own under 'imgs'", "fetch the official file again")
    if file["imgs"].external or file["imgs"].is_virtual:
        raise DataError(
            f"{path} keeps its images in other files, which bvtk never opens", "fetch the official file again"
        )
    return file["imgs"]


def _check(path: Path, found: tuple[int, ...], dtype: np.dtype[Any], shape: tuple[int, int, int]) -> None:
    if tuple(found) != shape or dtype != np.uint8:
        raise DataError(f"{path} holds {dtype} of shape {found}, expected uint8 of shape {shape}", "fetch it again")
