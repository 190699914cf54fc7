"""Image files of every format, good and bad, decoded to arrays of one shape."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bvtk.data.image_files import Head, decode, read, read_head
from bvtk.errors import DataError
from bvtk.protocols import ImageShape

COLOURS = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
GREYS = COLOURS[:, :, 0]


def save(folder: Path, image: Image.Image, name: str = "a.png", **options: Any) -> Path:
    image.save(folder / name, **options)
    return folder / name


def head(file: Path) -> Head:
    return read_head(read(file), file)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "gif"])
def test_lossless_formats(tmp_path: Path, suffix: str) -> None:
    pixels = np.repeat(COLOURS[:, :, :1] // 128 * 255, 3, axis=2) if suffix == "gif" else COLOURS
    file = save(tmp_path, Image.fromarray(pixels), f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    assert head(file).size == (6, 9)
    assert (decode(file, ImageShape(3, 6, 9)) == pixels.transpose(2, 0, 1)).all()


def test_jpeg(tmp_path: Path) -> None:
    flat = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    file = save(tmp_path, Image.fromarray(flat), "a.jpg", quality=95)
    assert head(file) == Head((16, 16), grey=False)
    assert np.abs(decode(file, ImageShape(3, 16, 16)).astype(int) - flat.transpose(2, 0, 1)).max() <= 3


def palette(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels).quantize(256)


@pytest.mark.parametrize(
    ("image", "grey"),
    [
        (Image.fromarray(GREYS), True),
        (Image.fromarray(GREYS > 127), True),
        (Image.fromarray(GREYS).convert("LA"), True),
        (Image.fromarray(GREYS.astype(np.uint16) * 257), True),
        (Image.fromarray(GREYS).convert("P"), True),
        (Image.fromarray(COLOURS), False),
        (Image.fromarray(COLOURS).convert("RGBA"), False),
        (palette(COLOURS), False),
    ],
)
def test_greyscale_is_recognised(tmp_path: Path, image: Image.Image, grey: bool) -> None:
    assert head(save(tmp_path, image)) == Head((6, 9), grey)


def test_colours_become_greys_and_greys_colours(tmp_path: Path) -> None:
    file = save(tmp_path, Image.fromarray(np.full((2, 2, 3), (255, 0, 0), np.uint8)))
    assert decode(file, ImageShape(1, 2, 2)).tolist() == [[[76, 76], [76, 76]]]  # .299 × 255
    file = save(tmp_path, Image.fromarray(GREYS))
    assert (decode(file, ImageShape(3, 6, 9)) == GREYS).all()


def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path) -> None:
    values = np.array([[0, 257, 0x8000, 0xFFFF]], np.uint16)
    for name in ("a.png", "a.tif"):
        file = save(tmp_path, Image.fromarray(values), name)
        assert decode(file, ImageShape(1, 1, 4)).tolist() == [[[0, 1, 128, 255]]]
        assert decode(file, ImageShape(3, 1, 4))[2].tolist() == [[0, 1, 128, 255]]


def test_transparent_parts_become_black(tmp_path: Path) -> None:
    pixels = np.array([[[255, 200, 100, 255], [255, 200, 100, 0]]], np.uint8)
    file = save(tmp_path, Image.fromarray(pixels))
    assert decode(file, ImageShape(3, 1, 2)).tolist() == [[[255, 0]], [[200, 0]], [[100, 0]]]


def test_a_jpeg_on_its_side_is_turned_upright(tmp_path: Path) -> None:
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    file = save(tmp_path, Image.fromarray(pixels), "a.jpg", exif=exif, quality=100)
    assert head(file).size == (32, 16)
    upright = decode(file, ImageShape(3, 32, 16))
    assert upright[:, :15].min() > 200
    assert upright[:, 17:].max() < 50


def test_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((4, 4), value, np.uint8)) for value in (50, 200)]
    file = save(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (decode(file, ImageShape(1, 4, 4)) == 50).all()


def test_cropped_around_the_centre_then_averaged(tmp_path: Path) -> None:
    pixels = np.zeros((8, 24), np.uint8)
    pixels[:, 8:16] = 100
    pixels[:, 12:16] = 200
    file = save(tmp_path, Image.fromarray(pixels))
    small = decode(file, ImageShape(1, 2, 2))
    assert small.shape == (1, 2, 2)
    assert np.abs(small[0].astype(int) - [100, 200]).max() <= 25
    checkers = np.indices((64, 64)).sum(axis=0).astype(np.uint8) % 2 * 255
    file = save(tmp_path, Image.fromarray(checkers))
    assert np.abs(decode(file, ImageShape(1, 8, 8)).astype(int) - 128).max() <= 3


def test_a_truncated_file(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.bmp", "a.tif", "a.gif", "a.webp"):
        file = save(tmp_path, Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), np.uint8)), name)
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        with pytest.raises(DataError, match=f"{name} can't be decoded"):
            decode(file, ImageShape(3, 50, 50))


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_files_that_are_not_images(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.png is not an image of a known format"):
        head(tmp_path / "a.png")


@pytest.mark.parametrize("factor", [1.5, 3])
def test_decompression_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    file = save(tmp_path, Image.new("1", (1000, 1000)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(1_000_000 / factor))
    with pytest.raises(DataError, match="too large to be safe") as error:
        head(file)
    assert str(file) in error.value.message


@pytest.mark.parametrize(
    ("mode", "side", "options"),
    [("P", 4000, {"transparency": 0}), ("I;16", 3000, {}), ("LA", 3500, {}), ("RGB", 5000, {})],
)
def test_the_memory_of_conversions_counts(tmp_path: Path, mode: str, side: int, options: dict[str, Any]) -> None:
    file = save(tmp_path, Image.new(mode, (side, side)), **options)
    with pytest.raises(DataError, match=r"MB to decode, from .* which looks like a decompression bomb"):
        head(file)
    small = save(tmp_path, Image.new(mode, (side // 2, side // 2)), **options)
    assert head(small).size == (side // 2, side // 2)


def test_floats_are_refused(tmp_path: Path) -> None:
    file = save(tmp_path, Image.fromarray(np.zeros((4, 4), np.float32)), "a.tif")
    with pytest.raises(DataError, match="not integers from 0 to 65535"):
        decode(file, ImageShape(1, 4, 4))


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        read(tmp_path)


def test_formats_are_recognised_by_content_not_by_name(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.fromarray(GREYS).save(data, "PNG")
    (tmp_path / "a.jpg").write_bytes(data.getvalue())
    assert (decode(tmp_path / "a.jpg", ImageShape(1, 6, 9))[0] == GREYS).all()
