"""Reads the images of .npz and HDF5 files block by block, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data import hdf5
from bvtk.errors import DataError
from bvtk.npy import fill, open_npz

_MOST_CHANNELS = 4


def read_images(path: Path, form: str, name: str, shape: tuple[int, ...]) -> Iterator[NDArray[np.uint8]]:
    """Reads one array of images of a file, `npz` or `hdf5`, block by block; nothing else in the file is touched.

    The array must have the given shape: (N, H, W), (N, C, H, W) or (N, H, W, C).

    Yields:
        (n, C, H, W), in order.

    Raises:
        DataError: if the array is missing, damaged, of another shape or type, or stored in other files.
    """
    blocks = _npz_blocks(path, name, shape) if form == "npz" else _hdf5_blocks(path, name, shape)
    return map(channels_first, blocks)


def channels_first(images: NDArray[Any]) -> NDArray[Any]:
    """A view of images as (n, C, H, W), from that, (n, H, W) or (n, H, W, C)."""
    if images.ndim == 3:
        return images[:, None]
    return images.transpose(0, 3, 1, 2) if has_channels_last(images.shape) else images


def has_channels_last(shape: tuple[int, ...]) -> bool:
    """Whether a shape is (n, H, W, C): its second number is too large for channels, and its last is not."""
    return len(shape) == 4 and shape[1] > _MOST_CHANNELS >= shape[3]


def _npz_blocks(path: Path, name: str, shape: tuple[int, ...]) -> Iterator[NDArray[np.uint8]]:
    with open_npz(path) as npz, npz.open(name) as (file, header):
        _check(path, header.shape, header.dtype, shape)
        step = max(1, hdf5.BLOCK // math.prod(shape[1:]))
        for start in range(0, shape[0], step):
            block = np.empty((min(step, shape[0] - start), *shape[1:]), np.uint8)
            fill(file, block.data.cast("B"))
            yield block


def _hdf5_blocks(path: Path, name: str, shape: tuple[int, ...]) -> Iterator[NDArray[np.uint8]]:
    with hdf5.open_hdf5(path, name) as array:
        _check(path, array.shape, array.dtype, shape)
        yield from hdf5.read_blocks(array)


def _check(path: Path, found: tuple[int, ...], dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    if tuple(found) != shape or dtype != np.uint8:
        raise DataError(f"{path} has {dtype} of shape {found}, expected uint8 of shape {shape}", "download it again")
