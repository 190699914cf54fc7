"""Arrays of HDF5 files: read in bounded memory, and only from the file itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bvtk.data import hdf5 as module
from bvtk.data.hdf5 import open_hdf5, read_array, read_blocks
from bvtk.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 8, 6), np.uint8)


def write(folder: Path, name: str = "images", **options: Any) -> Path:
    with h5py.File(folder / "a.h5", "w") as file:
        file.create_dataset(name, **options)
    return folder / "a.h5"


@pytest.mark.parametrize("name", ["images", "/images", "group/of/images"])
@pytest.mark.parametrize("chunks", [None, (7, 4, 3)])
def test_blocks_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, chunks: Any) -> None:
    monkeypatch.setattr(module, "BLOCK", 100)
    with open_hdf5(write(tmp_path, name, data=IMAGES, chunks=chunks), name) as array:
        found = list(read_blocks(array))
        assert (read_array(array) == IMAGES).all()
    assert {len(block) for block in found[:-1]} == {7 if chunks else 2}
    assert (np.concatenate(found) == IMAGES).all()


def test_a_block_is_never_large_however_large_the_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 10)
    monkeypatch.setattr(module, "LARGEST_BLOCK", 100)
    with open_hdf5(write(tmp_path, data=IMAGES, chunks=(50, 1, 1)), "images") as array:
        found = list(read_blocks(array))
        with pytest.raises(DataError, match=r"a\.h5, array '/images', has 0 MB, the limit is 0 MB"):
            read_array(array)
    assert [len(block) for block in found] == [2] * 25
    assert (np.concatenate(found) == IMAGES).all()


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"shape": (10**9, 64, 64), "chunks": (1, 64, 64)}, "looks like a decompression bomb"),
        ({"shape": (2, 1 << 14, 1 << 14), "chunks": (2, 1 << 14, 1 << 14)}, "looks like a decompression bomb"),
        ({"shape": (9,), "external": [("/etc/passwd", 0, 9)]}, "keeps 'images' in other files"),
    ],
)
def test_sizes_and_places(tmp_path: Path, options: dict[str, Any], found: str) -> None:
    path = write(tmp_path, dtype="u1", **options)
    with pytest.raises(DataError, match=found), open_hdf5(path, "images"):
        pass


def test_chunks_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_BLOCK", 100)
    path = write(tmp_path, data=IMAGES, chunks=(3, 8, 6))
    with pytest.raises(DataError, match="has chunks of 0 MB"), open_hdf5(path, "images"):
        pass


def test_rows_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_BLOCK", 40)
    path = write(tmp_path, data=IMAGES)
    with open_hdf5(path, "images") as array, pytest.raises(DataError, match="has rows of 0 MB"):
        list(read_blocks(array))


def test_links_and_names_of_other_things(tmp_path: Path) -> None:
    other = write(tmp_path, data=IMAGES).rename(tmp_path / "other.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = h5py.ExternalLink(str(other), "images")
        file["group"] = h5py.ExternalLink(str(other), "/")
        file["soft"] = h5py.SoftLink("/images")
        file["empty"] = h5py.Empty("u1")
        file["real"] = np.zeros(3)
    for name in ("images", "group/images", "soft", "group", "empty", "real/images", "nothing", "/"):
        with pytest.raises(DataError, match=f"has no array '{name}' of its own"), open_hdf5(tmp_path / "a.h5", name):
            pass


def test_virtual_arrays(tmp_path: Path) -> None:
    other = write(tmp_path, data=IMAGES).rename(tmp_path / "other.h5")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        layout = h5py.VirtualLayout(IMAGES.shape, "u1")
        layout[:] = h5py.VirtualSource(str(other), "images", IMAGES.shape)
        file.create_virtual_dataset("images", layout)
    with pytest.raises(DataError, match="in other files, which bvtk never"), open_hdf5(tmp_path / "a.h5", "images"):
        pass


@pytest.mark.parametrize("contents", [b"", b"hello", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_damaged_files(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "a.h5").write_bytes(contents)
    with pytest.raises(DataError, match="is damaged"), open_hdf5(tmp_path / "a.h5", "images"):
        pass


def test_without_h5py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match="needs h5py") as error, open_hdf5(tmp_path / "a.h5", "images"):
        pass
    assert 'pip install "bvtk[data]"' in error.value.hint
