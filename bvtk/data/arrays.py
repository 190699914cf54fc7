"""The data set `arrays`: images of a .npz or .npy file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.data.factors import FactorTable
from bvtk.data.fields import user_path
from bvtk.data.imageset import Bytes, ImageSet
from bvtk.errors import DataError
from bvtk.files import sha256_of_file
from bvtk.npy import Header, Npz, as_texts, map_npy, open_npz
from bvtk.reading import open_file

_NPY_MAGIC = b"\x93NUMPY"
_ZIP_MAGIC = b"PK"
_PIECE = 1 << 24
_LONGEST_NAME = 64
_MOST_CHANNELS, _LARGE = 4, 8


def open_arrays(path: str) -> ImageSet:
    """Opens the images of a .npz or .npy file, with the factors and sequences of a .npz.

    Args:
        path: a .npz with `images` and optionally `factors`, `factor_names` and `sequences`, or a .npy of images.
            Images are (n, C, H, W) or (n, H, W), uint8 or floats in [0, 1].

    Returns:
        The data set. Images of only 0 and 1 have peak 1. Others have peak 255; floats are rounded to 255 levels.

    Raises:
        DataError: if the file can't be used, with what was found and what was expected.
    """
    file = user_path(path)
    magic = _read_magic(file)
    factors, sequences = None, None
    if magic.startswith(_NPY_MAGIC):
        images = map_npy(file)
        _check_images(Header(images.shape, False, images.dtype), str(file))
    elif magic.startswith(_ZIP_MAGIC):
        with open_npz(file) as npz:
            _check_images(npz.header("images"), f"{file}, array 'images',")
            images, factors = npz.read("images"), _read_factors(npz, file)
            sequences = _read_sequences(npz, file, len(images))
    else:
        raise DataError(f"{file} is neither a .npz nor a .npy file", "save it with numpy.savez or numpy.save")
    pixels, peak = to_bytes(channels_first(images), str(file))
    if factors is not None and len(factors) != len(pixels):
        found = f"{len(pixels)} images and {len(factors)} rows of factors"
        raise DataError(f"{file} has {found}", "save one row of factors per image")
    try:
        provenance = {"source": "arrays", "path": path, "sha256": sha256_of_file(file)}
    except OSError as error:
        raise DataError(f"{file} can't be read: {error.strerror}") from error
    return ImageSet(Bytes(pixels), factors, peak, provenance, sequences=sequences)


def to_bytes(images: NDArray[Any], name: str) -> tuple[NDArray[np.uint8], int]:
    """Images as bytes, and the value of a fully lit pixel.

    Args:
        images: (n, C, H, W) uint8 or floats in [0, 1].
        name: what to call them in errors.

    Returns:
        (n, C, H, W) uint8, without a copy if they already are; and 1 if all are 0 or 1, else 255.

    Raises:
        DataError: if a float is not finite or out of range.
    """
    step = max(1, _PIECE // max(1, images[:1].nbytes))
    pieces = [slice(start, start + step) for start in range(0, len(images), step)]
    if images.dtype == np.uint8:
        return images, 1 if all(images[piece].max() <= 1 for piece in pieces) else 255
    pixels = np.empty(images.shape, np.uint8)
    binary = True
    for piece in pieces:
        values = images[piece]
        _check_range(values, name)
        binary = binary and bool(((values == 0) | (values == 1)).all())
        pixels[piece] = np.rint(values.astype(np.float32, copy=False) * 255)
    if binary:
        np.minimum(pixels, 1, out=pixels)
    return pixels, 1 if binary else 255


def channels_first(images: NDArray[Any]) -> NDArray[Any]:
    """A view of images as (n, C, H, W), from that, (n, H, W) or (n, H, W, C)."""
    if images.ndim == 3:
        return images[:, None]
    return images.transpose(0, 3, 1, 2) if has_channels_last(images.shape) else images


def has_channels_last(shape: tuple[int, ...]) -> bool:
    """Whether a shape is (n, H, W, C): its second number is too large for channels, and its last is not.

    Images smaller than 8 pixels are not meant: (n, 5, 7, 3) are images with 5 channels.
    """
    return len(shape) == 4 and shape[1] > _MOST_CHANNELS >= shape[3] and max(shape[1:3]) >= _LARGE


def _read_magic(file: Path) -> bytes:
    if not file.exists():
        raise DataError(f"{file} does not exist", "paths are relative to the folder that bvtk is started in")
    if not file.is_file():
        raise DataError(f"{file} is not a file", "for a folder of image files use `type: images`")
    try:
        with open_file(file) as opened:
            return opened.read(len(_NPY_MAGIC))
    except OSError as error:
        raise DataError(f"{file} can't be read: {error.strerror}") from error


def _check_images(header: Header, name: str) -> None:
    shape, dtype = header.shape, header.dtype
    if dtype != np.uint8 and dtype.kind != "f":
        raise DataError(
            f"{name} is of type {dtype}, expected uint8 or floats in [0, 1]",
            "convert it, for example with images.astype(numpy.uint8)",
        )
    if len(shape) not in (3, 4):
        raise DataError(f"{name} has shape {shape}, expected (n, C, H, W) or (n, H, W)", "reshape it")
    if has_channels_last(shape):
        raise DataError(
            f"{name} has shape {shape} with the channels last, expected (n, C, H, W)",
            "move them with images.transpose(0, 3, 1, 2)",
        )
    if 0 in shape:
        raise DataError(f"{name} has shape {shape}, so there is no image in it", "save at least one image")


def _check_range(values: NDArray[np.floating[Any]], name: str) -> None:
    least, most = values.min(), values.max()
    if not (np.isfinite(least) and np.isfinite(most)):
        raise DataError(f"{name} has values that are not finite", "replace them")
    if least < 0 or most > 1:
        raise DataError(
            f"{name} has floats from {least:g} to {most:g}, expected [0, 1]",
            "scale them, or save values from 0 to 255 as uint8",
        )


def _read_factors(npz: Npz, file: Path) -> FactorTable | None:
    if "factors" not in npz.names:
        return None
    name = f"{file}, array 'factors',"
    header = npz.header("factors")
    if len(header.shape) != 2 or header.shape[1] == 0:
        raise DataError(f"{name} has shape {header.shape}, expected (n, k)", "save one row per image")
    if header.dtype.kind not in "iu":
        raise DataError(f"{name} is of type {header.dtype}, expected integers", "number the values of each factor")
    values = npz.read("factors")
    if values.size and values.min() < 0:
        raise DataError(f"{name} has the negative value {values.min()}", "number the values of each factor from 0")
    return FactorTable(_read_names(npz, file, values.shape[1]), values)


def _read_names(npz: Npz, file: Path, count: int) -> tuple[str, ...]:
    if "factor_names" not in npz.names:
        return tuple(f"factor_{number}" for number in range(count))
    name = f"{file}, array 'factor_names',"
    header = npz.header("factor_names")
    if header.dtype.kind != "U" or header.shape != (count,) or header.dtype.itemsize == 0:
        raise DataError(
            f"{name} is of type {header.dtype} and shape {header.shape}, expected {count} strings",
            'save it as numpy.array(["shape", …])',
        )
    names = as_texts(npz.read("factor_names"), name)
    for text in names:
        if not text or len(text) > _LONGEST_NAME or not text.isprintable() or names.count(text) > 1:
            found = repr(text[:_LONGEST_NAME])
            raise DataError(f"{name} has {found}, expected distinct printable names", "name every factor once")
    return names


def _read_sequences(npz: Npz, file: Path, count: int) -> NDArray[np.int64] | None:
    if "sequences" not in npz.names:
        return None
    name = f"{file}, array 'sequences',"
    header = npz.header("sequences")
    if header.dtype.kind not in "iu" or header.shape != (count,):
        raise DataError(
            f"{name} is of type {header.dtype} and shape {header.shape}, expected {count} integers",
            "save the number of the sequence that each image belongs to",
        )
    numbers = npz.read("sequences")
    begins = numbers[1:] != numbers[:-1]
    known, counts = np.unique(numbers[np.concatenate([[True], begins])], return_counts=True)
    if counts.max() > 1:
        found = f"{name} has sequence {known[counts > 1][0]} in several places"
        raise DataError(found, "sort the images by sequence, then by time")
    return np.concatenate([[0], np.cumsum(begins)])
