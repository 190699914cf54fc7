"""Decodes picture files of strangers into arrays of one shape."""

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

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""The names by which pictures are found, in lower case."""

LARGEST_FILE = 256 << 20
"""The most bytes that the file of a picture may have."""

PACKED_RATIO = 200
"""How many times smaller than itself a picture of more than `RATIO_FREE` bytes may be packed."""

RATIO_FREE = 64 << 20
"""Decoded size of a colour picture of 22 million pixels, in bytes."""

_FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_ORIENTATION = 0x0112
_GREY_MODES = ("1", "L", "LA", "La", "I", "F")


@dataclass(frozen=True)
class Head:
    """What a picture says of itself.

    Args:
        size: height and width in pixels.
        grey: whether it holds no colours.
    """

    size: tuple[int, int]
    grey: bool

    def __str__(self) -> str:
        """Width × height, as viewers show it."""
        return f"{self.size[1]}×{self.size[0]}"


def read(file: Path) -> bytes:
    """The contents of a picture file.

    Raises:
        DataError: where it can't be read.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise DataError(f"{file} is larger than {LARGEST_FILE >> 20} MiB", "make it smaller, or remove it")
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"{file} can't be read: {error.strerror}", "mend or remove it") from error


def look(data: bytes, file: Path) -> Head:
    """What a picture says of itself, without decoding it.

    Args:
        data: the contents of the file.
        file: its name, for errors.

    Raises:
        DataError: where it is no picture, or one of more pixels than Pillow takes for safe.
    """
    with _strict(), _opened(data, file) as image:
        width, height = image.size
        _check_packing(width * height * len(image.getbands()), len(data), file)
        turned = _exif_orientation(image) >= 5
        return Head((width, height) if turned else (height, width), _is_grey(image))


def decode(file: Path, target: ImageShape) -> NDArray[np.uint8]:
    """A picture, turned upright, cropped around its centre to the target's shape and resized.

    Transparent parts are laid on black; of an animation the first frame is taken.

    Args:
        file: where it lies.
        target: 1 or 3 channels, and the size.

    Returns:
        (C, H, W), 0 to 255.

    Raises:
        DataError: where it is damaged or cut short.
    """
    with _opened(read(file), file) as image:
        flat = _flattened(_upright(image), "L" if target.channels == 1 else "RGB")
        if flat.size != (target.width, target.height):
            flat = ImageOps.fit(flat, (target.width, target.height), Image.Resampling.BICUBIC)
        pixels = np.asarray(flat, np.uint8).reshape(target.height, target.width, target.channels)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))


@contextmanager
def _strict() -> Iterator[None]:
    """Makes an error of Pillow's warning of a picture that is suspiciously large."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _check_packing(unpacked: int, packed: int, file: Path) -> None:
    if unpacked > max(RATIO_FREE, PACKED_RATIO * packed):
        raise DataError(
            f"{file} unpacks to {unpacked / 1e6:.0f} MB from {packed / 1e6:.2f} MB, more than {PACKED_RATIO} times its "
            "size: it looks like a decompression bomb",
            "make it smaller, or remove it",
        )


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
        raise DataError(f"{file} is no picture of a known format", "mend or remove it") from error
    except Exception as error:  # decoders raise almost anything on damaged files
        raise DataError(f"{file} can't be decoded: {error}", "mend or remove it") from error


def _exif_orientation(image: Image.Image) -> int:
    """1 to 8; 5 and above lie on their side. Read from JPEG alone: other formats must be decoded to know."""
    return int(image.getexif().get(_ORIENTATION, 1)) if image.format in ("JPEG", "MPO") else 1


def _upright(image: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(image) if _exif_orientation(image) != 1 else image


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
    """A picture of 16-bit greys in 8 bits; Pillow's own conversion would clip it."""
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 0xFFFF:
        raise ValueError("its greys are neither of 8 nor of 16 bits, convert it")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))
