"""Decodes image files, which may come from anyone, into arrays of one shape."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from bvtk.errors import DataError
from bvtk.protocols import ImageShape
from bvtk.reading import read_file

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The suffixes of image files, in lower case."""

LARGEST_FILE = 256 << 20
"""The largest image file that is read, in bytes."""

PACKED_RATIO = 200
"""The largest ratio of the memory that decoding takes to file size, for images that take more than `RATIO_FREE`."""

RATIO_FREE = 160 << 20
"""Memory up to which the ratio is not checked, in bytes: an RGB image of 21 million pixels."""

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_ORIENTATION = 0x0112
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")


@dataclass(frozen=True)
class Head:
    """Height and width of an image in pixels, and whether it is greyscale: known before it is decoded."""

    size: tuple[int, int]
    grey: bool

    def __str__(self) -> str:
        """Width × height, as image viewers show it."""
        return f"{self.size[1]}×{self.size[0]}"


def read(file: Path) -> bytes:
    """The contents of an image file.

    Raises:
        DataError: if it can't be read or is too large.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise DataError(f"{file} is larger than {LARGEST_FILE >> 20} MiB", "make it smaller, or remove it")
        return read_file(file)
    except OSError as error:
        raise DataError(f"{file} can't be read: {error.strerror}", "repair or remove it") from error


def read_head(data: bytes, file: Path) -> Head:
    """The size and mode of an image, without decoding it.

    Raises:
        DataError: if it is not an image, or has more pixels than Pillow considers safe.
    """
    strict = warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning)
    with strict, _opened(data, file) as image:
        width, height = image.size
        unpacked = width * height * _bytes_per_pixel(image)
        if unpacked > max(RATIO_FREE, PACKED_RATIO * len(data)):
            raise DataError(
                f"{file} takes {unpacked / 1e6:.0f} MB to decode, from {len(data) / 1e6:.2f} MB, more than "
                f"{PACKED_RATIO} times its size, which looks like a decompression bomb",
                "make it smaller, or remove it",
            )
        turned = _exif_orientation(image) >= 5
        return Head((width, height) if turned else (height, width), _is_grey(image))


def decode(file: Path, target: ImageShape) -> NDArray[np.uint8]:
    """Decodes an image, turns it upright, crops it around its centre to the target's aspect ratio and resizes it.

    Transparent parts become black. Of an animation, the first frame is used.

    Returns:
        (C, H, W), 0 to 255.

    Raises:
        DataError: if it is damaged or truncated.
    """
    with _opened(read(file), file) as image:
        upright = ImageOps.exif_transpose(image) if _exif_orientation(image) != 1 else image
        flat = _flattened(upright, "L" if target.channels == 1 else "RGB")
        if flat.size != (target.width, target.height):
            flat = ImageOps.fit(flat, (target.width, target.height), Image.Resampling.BICUBIC)
        pixels = np.asarray(flat, np.uint8).reshape(target.height, target.width, target.channels)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))


@contextmanager
def _opened(data: bytes, file: Path) -> Iterator[Image.Image]:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            yield image
    except DataError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError(f"{file} is too large to be safe: {error}", "make it smaller, or remove it") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{file} is not an image of a known format", "repair or remove it") from error
    except Exception as error:  # decoders raise almost anything on damaged files
        raise DataError(f"{file} can't be decoded: {error}", "repair or remove it") from error


def _bytes_per_pixel(image: Image.Image) -> int:
    """What `decode` takes at most per pixel: Pillow's image and its conversions, before anything is resized."""
    stored = 1 if image.mode in ("1", "L", "P") else 4
    if image.mode.startswith("I") or image.mode == "F":
        return stored + 20  # values of 4, 8 and 8 bytes
    if image.has_transparency_data:
        return stored + 16  # as RGBA, black, both composed, and the result
    return stored + 4


def _exif_orientation(image: Image.Image) -> int:
    """1 to 8; images of 5 and above lie on their side. Only read from JPEG: other formats must be decoded first."""
    return int(image.getexif().get(_ORIENTATION, 1)) if image.format in ("JPEG", "MPO") else 1


def _is_grey(image: Image.Image) -> bool:
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in _GREY_MODES or image.mode.startswith("I;16")


def _flattened(image: Image.Image, mode: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert(mode)
    if image.has_transparency_data:
        black = Image.new("RGBA", image.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, image.convert("RGBA")).convert(mode)
    return image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    """A 16-bit greyscale image in 8 bits; Pillow's own conversion would clip it."""
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("its grey values are not integers from 0 to 65535")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))
