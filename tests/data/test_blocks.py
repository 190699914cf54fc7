"""Images of .npz and HDF5 files, in the layouts that data sets have."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from bvtk.data import hdf5
from bvtk.data.blocks import channels_first, has_channels_last, read_images
from bvtk.errors import DataError

RANDOM = np.random.default_rng(0)


def write(folder: Path, form: str, images: np.ndarray) -> Path:
    path = folder / f"a.{form}"
    if form == "npz":
        np.savez_compressed(path, other=np.zeros(3), images=images)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("images", data=images, chunks=(7, *images.shape[1:]), compression="gzip")
    return path


@pytest.mark.parametrize("form", ["npz", "hdf5"])
@pytest.mark.parametrize(
    ("shape", "axes"), [((50, 8, 6), None), ((50, 3, 8, 6), (0, 1, 2, 3)), ((50, 8, 6, 3), (0, 3, 1, 2))]
)
def test_blocks_of_every_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, shape: tuple[int, ...], axes: tuple[int, ...] | None
) -> None:
    monkeypatch.setattr(hdf5, "BLOCK", 1000)
    images = RANDOM.integers(0, 256, shape, np.uint8)
    found = list(read_images(write(tmp_path, form, images), form, "images", shape))
    assert len(found) > 1
    assert max(block.nbytes for block in found) <= 1008  # at least a chunk of 7 images
    expected = images.transpose(axes) if axes else images[:, None]
    assert (np.concatenate(found) == expected).all()


@pytest.mark.parametrize("form", ["npz", "hdf5"])
def test_another_shape_or_type(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form, np.zeros((9, 8, 6), np.float32))
    with pytest.raises(DataError, match=r"has float32 of shape \(9, 8, 6\), expected uint8 of shape \(9, 8, 5\)"):
        list(read_images(path, form, "images", (9, 8, 5)))


@pytest.mark.parametrize(
    ("shape", "last"),
    [((5, 8, 6), False), ((5, 3, 8, 6), False), ((5, 8, 6, 3), True), ((5, 3, 4, 4), False), ((5, 8, 6, 9), False)],
)
def test_where_the_channels_are(shape: tuple[int, ...], last: bool) -> None:
    assert has_channels_last(shape) == last
    view = channels_first(np.broadcast_to(np.uint8(0), shape))
    assert view.shape == ((5, 3, 8, 6) if last else shape if len(shape) == 4 else (5, 1, 8, 6))
