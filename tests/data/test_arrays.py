"""Arrays of users: what is accepted, what becomes of it, and the errors for the rest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bvtk.data.arrays import channels_first, has_channels_last, open_arrays
from bvtk.errors import DataError
from bvtk.protocols import ImageShape

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (6, 3, 8, 5), np.uint8)
EVERY = np.arange(6)


def npz(folder: Path, **arrays: Any) -> str:
    np.savez_compressed(folder / "a.npz", **arrays)
    return str(folder / "a.npz")


def npy(folder: Path, array: np.ndarray) -> str:
    np.save(folder / "a.npy", array)
    return str(folder / "a.npy")


@pytest.mark.parametrize("save", [npy, lambda folder, array: npz(folder, images=array)])
def test_bytes(tmp_path: Path, save: Any) -> None:
    path = save(tmp_path, IMAGES)
    data = open_arrays(path)
    assert len(data) == 6
    assert data.image_shape == ImageShape(3, 8, 5)
    assert data.peak == 255
    assert data.factor_names == ()
    assert data.factor_roles == {}
    assert (data.images(EVERY[::-1]) == IMAGES[::-1]).all()
    sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    assert data.provenance == {"source": "arrays", "path": path, "sha256": sha256}


@pytest.mark.parametrize("save", [npy, lambda folder, array: npz(folder, images=array)])
@pytest.mark.parametrize(
    ("images", "expected", "peak"),
    [
        (np.eye(4, dtype=np.uint8)[None], np.eye(4), 1),
        (np.eye(4, dtype=np.float32)[None], np.eye(4), 1),
        (np.eye(4, dtype=np.float64)[None] / 2, np.eye(4) * 128, 255),
        (np.full((1, 1, 2, 2), 1 / 255, np.float16), np.ones((1, 2, 2)), 255),
        (np.array([[[0, 1.0, 0.2, 0.001]]], ">f8"), np.array([[0, 255, 51, 0]]), 255),
        (np.zeros((1, 2, 2), np.uint8), np.zeros((2, 2)), 1),
        (np.eye(4, dtype=np.uint8)[None] * 2, np.eye(4) * 2, 255),
    ],
)
def test_floats_are_rounded_and_binary_images_known(
    tmp_path: Path, save: Any, images: np.ndarray, expected: np.ndarray, peak: int
) -> None:
    data = open_arrays(save(tmp_path, images))
    read = data.images(np.array([0]))
    assert data.peak == peak
    assert read.dtype == np.uint8
    assert (read[0] == expected).all()


def test_fortran_order(tmp_path: Path) -> None:
    for path in (npy(tmp_path, np.asfortranarray(IMAGES)), npz(tmp_path, images=np.asfortranarray(IMAGES))):
        assert (open_arrays(path).images(EVERY) == IMAGES).all()


def test_a_large_npy_is_not_read_into_memory(tmp_path: Path) -> None:
    data = open_arrays(npy(tmp_path, IMAGES))
    assert isinstance(data._pixels._array.base, np.memmap)  # type: ignore[attr-defined]


def test_factors_are_renumbered_and_named(tmp_path: Path) -> None:
    factors = np.array([[7, 0], [7, 1], [9, 0], [9, 1], [20, 0], [20, 5]], np.int16)
    data = open_arrays(npz(tmp_path, images=IMAGES, factors=factors, factor_names=np.array(["x", "y"])))
    assert data.factor_names == ("x", "y")
    assert data.factor_sizes == (3, 3)
    assert data.factor_roles == {"x": "horizontal", "y": "vertical"}
    assert data.factors(EVERY).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 2]]
    assert (data.index_of(data.factors(EVERY)) == EVERY).all()
    with pytest.raises(DataError, match="no image has the factors"):
        data.index_of(np.array([[0, 2]]))


@pytest.mark.parametrize("dtype", [np.int8, np.uint64])
def test_sequences_are_renumbered(tmp_path: Path, dtype: Any) -> None:
    sequences = np.array([7, 7, 3, 9, 9, 9], dtype)
    data = open_arrays(npz(tmp_path, images=IMAGES, sequences=sequences))
    assert data.sequences is not None
    assert data.sequences.dtype == np.int64
    assert data.sequences.tolist() == [0, 0, 1, 2, 2, 2]
    assert open_arrays(npz(tmp_path, images=IMAGES)).sequences is None


def test_default_names_of_factors(tmp_path: Path) -> None:
    data = open_arrays(npz(tmp_path, images=IMAGES, factors=np.ones((6, 2), np.uint64)))
    assert data.factor_names == ("factor_0", "factor_1")
    assert data.factor_sizes == (1, 1)


F = np.zeros((6, 2), int)


@pytest.mark.parametrize(
    ("arrays", "found"),
    [
        ({"images": IMAGES[0, 0]}, r"shape \(8, 5\), expected \(n, C, H, W\) or \(n, H, W\)"),
        ({"images": IMAGES[None]}, r"expected \(n, C, H, W\)"),
        ({"images": IMAGES.transpose(0, 2, 3, 1)}, "with the channels last"),
        ({"images": IMAGES[:0]}, "there is no image in it"),
        ({"images": IMAGES[:, :, :0]}, "there is no image in it"),
        ({"images": IMAGES.astype(np.int64)}, "of type int64, expected uint8 or floats"),
        ({"images": IMAGES.astype(np.float32)}, r"has floats from 0 to 25\d, expected \[0, 1\]"),
        ({"images": np.full((1, 2, 2), -0.1)}, "has floats from -0.1"),
        ({"images": np.full((1, 2, 2), np.nan)}, "not finite"),
        ({"images": np.full((1, 2, 2), np.inf)}, "not finite"),
        ({"images": np.array([[["a"]]])}, "of type <U1"),
        ({"images": np.zeros((1, 2, 2), "u1,f4")}, "expected uint8 or floats"),
        ({"imgs": IMAGES}, "no array 'images', found imgs"),
        ({}, "no array 'images', found nothing"),
        ({"images": IMAGES, "factors": F[:5]}, "6 images and 5 rows of factors"),
        ({"images": IMAGES, "factors": F[:0]}, "6 images and 0 rows of factors"),
        ({"images": IMAGES, "factors": F[:, 0]}, r"shape \(6,\), expected \(n, k\)"),
        ({"images": IMAGES, "factors": F[:, :0]}, r"shape \(6, 0\), expected \(n, k\)"),
        ({"images": IMAGES, "factors": F / 2}, "of type float64, expected integers"),
        ({"images": IMAGES, "factors": F - 1}, "negative value -1"),
        (
            {"images": IMAGES, "sequences": np.zeros(5, int)},
            r"'sequences', is of type int64 and shape \(5,\), expected 6",
        ),
        ({"images": IMAGES, "sequences": np.zeros(6)}, "of type float64"),
        ({"images": IMAGES, "sequences": np.array([4, 4, 7, 7, 4, 4])}, "has sequence 4 in several places"),
        ({"images": IMAGES, "factors": F, "factor_names": np.array(["a"])}, "expected 2 strings"),
        ({"images": IMAGES, "factors": F, "factor_names": np.array([1, 2])}, "expected 2 strings"),
        ({"images": IMAGES, "factors": F, "factor_names": np.array(["", ""])}, "expected 2 strings|expected distinct"),
        ({"images": IMAGES, "factors": F, "factor_names": np.array(["a", "a"])}, "'a', expected distinct"),
        ({"images": IMAGES, "factors": F, "factor_names": np.array(["a", "b\x1b[0m"])}, "expected distinct printable"),
        ({"images": IMAGES, "factors": F, "factor_names": np.array(["a", "b" * 65])}, "expected distinct printable"),
    ],
)
def test_errors_name_the_file_the_problem_and_the_fix(tmp_path: Path, arrays: dict[str, Any], found: str) -> None:
    path = npz(tmp_path, **arrays)
    with pytest.raises(DataError, match=found) as error:
        open_arrays(path)
    assert path in error.value.message
    assert "\n" not in error.value.message
    assert error.value.hint


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return pytest.fail, ("unpickled",)

    objects = np.empty((1, 2, 2), object)
    objects[:] = [[[Bomb()] * 2] * 2]
    np.savez(tmp_path / "a.npz", images=objects)
    np.save(tmp_path / "a.npy", objects)
    for name in ("a.npz", "a.npy"):
        with pytest.raises(DataError, match="Python objects"):
            open_arrays(str(tmp_path / name))


def test_paths_without_arrays(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "empty.npz").touch()
    for name, found in [
        ("a.txt", "neither a .npz nor a .npy"),
        ("empty.npz", "neither a .npz nor a .npy"),
        ("missing.npz", "does not exist"),
        (".", "is not a file"),
    ]:
        with pytest.raises(DataError, match=found):
            open_arrays(str(tmp_path / name))


def test_absurd_sizes_are_refused_at_once(tmp_path: Path) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000000, 64, 64)}\n"
    data = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(100)
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(DataError, match=r"truncated: shape .* needs 4096000000000000 bytes"):
        open_arrays(str(tmp_path / "a.npy"))


@pytest.mark.parametrize(
    ("shape", "last"),
    [
        *(((5, 8, 6), False), ((5, 3, 8, 6), False), ((5, 8, 6, 3), True), ((5, 3, 4, 4), False)),
        *(((5, 8, 6, 9), False), ((9, 5, 7, 3), False)),
    ],
)
def test_where_the_channels_are(shape: tuple[int, ...], last: bool) -> None:
    assert has_channels_last(shape) == last
    view = channels_first(np.broadcast_to(np.uint8(0), shape))
    assert view.shape == ((5, 3, 8, 6) if last else shape if len(shape) == 4 else (5, 1, 8, 6))
