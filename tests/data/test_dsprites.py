"""dSprites as a data set: rendered, cached and opened again, or read from the official file."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from bvtk.data import dsprites
from bvtk.data import dsprites_official as official
from bvtk.data import dsprites_renderer as renderer
from bvtk.data.dsprites import open_dsprites
from bvtk.errors import DataError
from bvtk.protocols import ImageShape
from tests.data.test_dsprites_official import trust, write_hdf5, write_npz

SIZES = (3, 1, 2, 4, 4)
SMALL = np.random.default_rng(1).integers(0, 2, (96, 64, 64), np.uint8)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A set of 96 images in place of 737,280, whose drawing gives only zeros."""
    monkeypatch.setattr(dsprites, "FACTOR_SIZES", SIZES)
    monkeypatch.setattr(renderer, "draw_all", lambda: iter(np.zeros((6, 16, 64, 64), np.uint8)))


def test_the_whole_set(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = open_dsprites()
    monkeypatch.setattr(renderer, "draw_all", lambda: pytest.fail("drawn again"))
    again = open_dsprites("auto")

    assert len(data) == 737280
    assert data.image_shape == ImageShape(1, 64, 64)
    assert data.peak == 1
    assert data.factor_names == ("shape", "scale", "orientation", "x", "y")
    assert data.factor_sizes == (3, 6, 40, 32, 32)
    assert data.factor_roles == {"shape": "category", "x": "horizontal", "y": "vertical"}
    path = cache / "dsprites" / "rendered.npy"
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert data.provenance == again.provenance == {"source": "rendered", "renderer": renderer.VERSION, "sha256": sha256}

    packed = np.load(path, mmap_mode="r", allow_pickle=False)
    assert np.bitwise_count(packed).sum(dtype=np.int64) / (737280 * 4096) == pytest.approx(0.0425, abs=5e-5)

    index = np.random.default_rng(0).integers(0, len(data), 64)
    shape, scale, orientation, x, y = data.factors(index).T
    expected = [
        renderer.draw(renderer.SHAPES[a], renderer.SCALES[b], c)[d * 32 + e]
        for a, b, c, d, e in zip(shape, scale, orientation.tolist(), x, y, strict=True)
    ]
    assert (again.images(index)[:, 0] == np.stack(expected)).all()
    assert (data.index_of(data.factors(index)) == index).all()


@pytest.mark.usefixtures("small")
def test_rendered_ignores_the_official_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place(cache, monkeypatch)
    data = open_dsprites("rendered")
    assert data.provenance["source"] == "rendered"
    assert data.images(np.arange(96)).sum() == 0


def place(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (cache / "dsprites").mkdir(parents=True)
    path = write_npz(cache / "dsprites" / official.NAMES[0], SMALL)
    trust(monkeypatch, path, "npz")
    return path


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("source", ["auto", "original"])
def test_the_official_file_in_the_cache_folder(cache: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    path = place(cache, monkeypatch)
    data = open_dsprites(source)
    assert (data.images(np.arange(96))[:, 0] == SMALL).all()
    assert data.provenance == {
        "source": "original",
        "file": official.NAMES[0],
        "md5": official.CHECKSUMS["npz"][1],
        "sha256": hashlib.sha256((cache / "dsprites" / "original.npy").read_bytes()).hexdigest(),
    }
    path.unlink()
    assert open_dsprites(source).provenance == data.provenance


@pytest.mark.usefixtures("small")
def test_the_official_file_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_hdf5(tmp_path / "mine.h5", SMALL)
    trust(monkeypatch, path, "hdf5")
    data = open_dsprites("original", str(path))
    assert (data.images(np.arange(96))[:, 0] == SMALL).all()
    assert data.provenance["sha256"] != official.CHECKSUMS["hdf5"][1]


@pytest.mark.usefixtures("small")
def test_a_damaged_official_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(cache, monkeypatch)
    path.write_bytes(path.read_bytes()[:-1])
    assert open_dsprites("auto").provenance["source"] == "rendered"
    with pytest.raises(DataError, match="is not the official dSprites file: expected md5"):
        open_dsprites("original")


@pytest.mark.usefixtures("small")
def test_one_good_official_file_is_enough(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place(cache, monkeypatch)
    path.write_bytes(b"PK")
    good = write_hdf5(cache / "dsprites" / official.NAMES[1], SMALL)
    trust(monkeypatch, good, "hdf5")
    assert open_dsprites("original").provenance["file"] == official.NAMES[1]


@pytest.mark.usefixtures("small")
def test_another_file_is_refused_even_by_auto(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "mine.npz", SMALL)
    with pytest.raises(DataError, match="is not the official dSprites file"):
        open_dsprites("auto", str(path))


def test_original_without_a_file_says_how_to_provide_it(cache: Path) -> None:
    with pytest.raises(DataError, match="not on this machine") as error:
        open_dsprites("original")
    assert str(cache / "dsprites") in error.value.message
    assert official.NAMES[0] in error.value.message
    assert "source: rendered" in error.value.hint


@pytest.mark.usefixtures("small")
def test_a_new_renderer_draws_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_dsprites()
    monkeypatch.setattr(renderer, "VERSION", renderer.VERSION + 1)
    monkeypatch.setattr(renderer, "draw_all", lambda: iter(np.ones((6, 16, 64, 64), np.uint8)))
    data = open_dsprites()
    assert data.images(np.arange(96)).all()
    assert data.provenance["renderer"] == renderer.VERSION


@pytest.mark.usefixtures("small")
def test_a_cache_that_was_moved_still_opens(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_dsprites()
    shutil.copytree(cache, tmp_path / "other")
    monkeypatch.setenv("BVTK_CACHE", str(tmp_path / "other"))
    monkeypatch.setattr(renderer, "draw_all", lambda: pytest.fail("drawn again"))
    assert open_dsprites().provenance == first.provenance
