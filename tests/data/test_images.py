"""A folder of image files as a data set."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bvtk.data import images as module
from bvtk.data.images import find_files, open_images
from bvtk.errors import DataError
from bvtk.protocols import ImageShape


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


def picture(folder: Path, name: str, value: Any = 0, size: tuple[int, int] = (8, 8)) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shape = size if np.isscalar(value) else (*size, 3)
    Image.fromarray(np.broadcast_to(np.array(value, np.uint8), shape).copy()).save(folder / name)


def test_images_are_in_the_order_of_file_names(folder: Path) -> None:
    for number, name in enumerate(["b/1.png", "a.PNG", "b/10.png", "B.gif", "c.tif", "b/x/0.bmp"]):
        picture(folder, name, number)
    (folder / "notes.txt").touch()
    data = open_images(str(folder))
    assert len(data) == 6
    assert data.image_shape == ImageShape(1, 8, 8)
    assert data.peak == 255
    assert data.factor_names == ()
    assert data.images(np.arange(6))[:, 0, 0, 0].tolist() == [3, 1, 0, 2, 5, 4]
    assert data.provenance["source"] == "images"
    assert data.provenance["count"] == 6


def test_greyscale_if_all_files_are(folder: Path) -> None:
    picture(folder, "a.png", 10)
    assert open_images(str(folder)).image_shape == ImageShape(1, 8, 8)
    picture(folder, "b.png", (10, 20, 30))
    data = open_images(str(folder))
    assert data.image_shape == ImageShape(3, 8, 8)
    assert data.images(np.arange(2))[:, :, 0, 0].tolist() == [[10, 10, 10], [10, 20, 30]]
    assert open_images(str(folder), channels=1).image_shape == ImageShape(1, 8, 8)


def test_different_sizes_need_a_size(folder: Path) -> None:
    picture(folder, "a.png", 0, (48, 64))
    picture(folder, "b.png", 0, (48, 64))
    picture(folder, "c/d.png", 0, (40, 40))
    with pytest.raises(DataError, match=r"a\.png is 64×48, c/d\.png is 40×40") as error:
        open_images(str(folder))
    assert "`size: 32`" in error.value.hint
    assert open_images(str(folder), (16, 24)).image_shape == ImageShape(1, 16, 24)


def test_the_checksum_is_of_names_and_contents(folder: Path, tmp_path: Path) -> None:
    def digest(place: Path) -> str:
        return open_images(str(place)).provenance["sha256"]

    picture(folder, "a.png", 1)
    picture(folder, "b.png", 2)
    picture(tmp_path / "copy", "a.png", 1)
    picture(tmp_path / "copy", "b.png", 2)
    before = digest(folder)
    assert digest(tmp_path / "copy") == before
    (folder / "b.png").rename(folder / "c.png")
    renamed = digest(folder)
    picture(folder, "c.png", 3)
    assert len({before, renamed, digest(folder)}) == 3


def test_many_files_are_decoded_once(folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(150):
        picture(folder, f"{number:03}.png", number)
    small = open_images(str(folder))
    assert not cache.exists()
    monkeypatch.setattr(module, "IN_MEMORY", 1000)
    first = open_images(str(folder))
    monkeypatch.setattr(module.image_files, "decode", lambda *_: pytest.fail("decoded again"))
    second = open_images(str(folder))
    for data in (small, first, second):
        assert data.images(np.arange(150))[:, 0, 0, 0].tolist() == list(range(150))
        assert data.provenance == small.provenance
    assert len(list((cache / "images").glob("*.npy"))) == 1


def test_a_changed_file_is_decoded_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 0)
    picture(folder, "a.png", 1)
    first = open_images(str(folder))
    picture(folder, "a.png", 2)
    os.utime(folder / "a.png", ns=(5, 5))
    second = open_images(str(folder))
    assert (first.images(np.array([0])) == 1).all()
    assert (second.images(np.array([0])) == 2).all()


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_decoded_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IN_MEMORY", 0)
    for place, value in ((folder, 1), (tmp_path / "other", 2)):
        picture(place, "a.bmp", value)
        os.utime(place / "a.bmp", ns=(5, 5))
    assert (open_images(str(folder)).images(np.array([0])) == 1).all()
    (tmp_path / "other" / "a.bmp").replace(folder / "a.bmp")
    assert (open_images(str(folder)).images(np.array([0])) == 2).all()


def test_links_in_a_circle(folder: Path) -> None:
    picture(folder, "a/one.png")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "b").symlink_to(folder / "a")
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    assert [file.relative_to(folder).as_posix() for file in find_files(folder)] == ["a/one.png"]


def test_linked_folders_are_searched(folder: Path, tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere", "one.png")
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    assert [file.name for file in find_files(folder)] == ["one.png"]


def test_hidden_files_are_left_out(folder: Path) -> None:
    picture(folder, "one.png")
    picture(folder, ".thumbnails/one.png")
    (folder / "._one.png").write_bytes(b"what some archives leave")
    assert [file.name for file in find_files(folder)] == ["one.png"]


def test_folders_without_image_files(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        open_images(str(folder))
    folder.mkdir()
    (folder / "notes.txt").touch()
    with pytest.raises(DataError, match="has no image files"):
        open_images(str(folder))
    with pytest.raises(DataError, match="is not a folder"):
        open_images(str(folder / "notes.txt"))


def test_a_damaged_file_is_named(folder: Path) -> None:
    picture(folder, "a.png")
    picture(folder, "b/c.png", (1, 2, 3), (50, 50))
    data = (folder / "b" / "c.png").read_bytes()
    (folder / "b" / "c.png").write_bytes(data[:-40])
    with pytest.raises(DataError, match=r"b/c\.png can't be decoded"):
        open_images(str(folder), (8, 8))
