"""Small files in place of the official ones: verified and read, or refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bvtk.data import dsprites_official as official
from bvtk.data import hdf5
from bvtk.data.dsprites_official import read_sprites, verify
from bvtk.errors import DataError

SHAPE = (2500, 8, 8)
IMAGES = np.random.default_rng(0).integers(0, 2, SHAPE, np.uint8)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("unpickled",)


def write_npz(path: Path, images: np.ndarray = IMAGES) -> Path:
    np.savez_compressed(path, metadata=np.array(Bomb(), object), imgs=images, latents_classes=np.zeros((3, 6)))
    return path


def write_hdf5(path: Path, images: np.ndarray = IMAGES) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("imgs", data=images, chunks=(min(700, len(images)), 4, 4), compression="gzip")
    return path


def trust(monkeypatch: pytest.MonkeyPatch, path: Path, form: str) -> None:
    algorithm = official.CHECKSUMS[form][0]
    digest = hashlib.new(algorithm, path.read_bytes()).hexdigest()
    monkeypatch.setitem(official.CHECKSUMS, form, (algorithm, digest))


@pytest.mark.parametrize(("form", "write"), [("npz", write_npz), ("hdf5", write_hdf5)])
def test_images_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, write: Any) -> None:
    path = write(tmp_path / f"official.{form}")
    trust(monkeypatch, path, form)
    assert verify(path) == form
    monkeypatch.setattr(hdf5, "BLOCK", 1000)
    found = list(read_sprites(path, form, SHAPE))
    assert len(found) > 1
    assert max(len(block) for block in found) <= 700  # no more than a chunk
    assert (np.concatenate(found)[:, 0] == IMAGES).all()


@pytest.mark.parametrize(("form", "write"), [("npz", write_npz), ("hdf5", write_hdf5)])
def test_another_file_is_refused_with_both_sums(tmp_path: Path, form: str, write: Any) -> None:
    path = write(tmp_path / f"other.{form}")
    algorithm, expected = official.CHECKSUMS[form]
    found = hashlib.new(algorithm, path.read_bytes()).hexdigest()
    with pytest.raises(DataError, match=f"expected {algorithm} {expected}, found {found}"):
        verify(path)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a file"):
        verify(tmp_path / "missing.npz")


@pytest.mark.parametrize(("form", "write"), [("npz", write_npz), ("hdf5", write_hdf5)])
@pytest.mark.parametrize(
    ("images", "found"),
    [
        (IMAGES[:100], "expected uint8 of shape"),
        (IMAGES.astype(np.float32), "has float32"),
        (IMAGES * 3, "pixels of 3"),
    ],
)
def test_other_contents(tmp_path: Path, form: str, write: Any, images: np.ndarray, found: str) -> None:
    path = write(tmp_path / "a", images) if form == "hdf5" else write(tmp_path / "a.npz", images)
    with pytest.raises(DataError, match=found):
        list(read_sprites(path, form, SHAPE))


def test_images_in_other_files_are_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(IMAGES.nbytes))
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("imgs", SHAPE, "u1", external=[(str(secret), 0, IMAGES.nbytes)])
    write_hdf5(tmp_path / "other.h5")
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        layout = h5py.VirtualLayout(SHAPE, "u1")
        layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "imgs", SHAPE)
        file.create_virtual_dataset("imgs", layout)
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["imgs"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "imgs")
    for name in ("external.h5", "virtual.h5"):
        with pytest.raises(DataError, match="in other files, which bvtk never opens"):
            list(read_sprites(tmp_path / name, "hdf5", SHAPE))
    with pytest.raises(DataError, match="no array 'imgs' of its own"):
        list(read_sprites(tmp_path / "link.h5", "hdf5", SHAPE))


def test_a_damaged_hdf5(tmp_path: Path) -> None:
    path = write_hdf5(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match="damaged"):
        list(read_sprites(path, "hdf5", SHAPE))
