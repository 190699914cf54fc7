"""`plugins/hdf5.py`: a data set of a plugin, converted in blocks into the cache."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from bvtk.component import datasets, parse
from bvtk.data import hdf5
from bvtk.errors import DataError
from bvtk.plugins import discover
from bvtk.protocols import Dataset
from tests.conftest import Cli, squares

PLUGIN = Path(__file__).parents[2] / "plugins" / "hdf5.py"
RANDOM = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BVTK_CACHE", str(tmp_path / "cache"))
    discover(files=[PLUGIN], installed=False)
    yield
    discover(installed=False)


def write(**arrays: Any) -> None:
    with h5py.File("a.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = array


def opened(**fields: Any) -> Dataset:
    return parse(datasets.get("hdf5"), {"path": "a.h5", **fields}).open()


@pytest.mark.parametrize(("shape", "axes"), [((9, 8, 6, 3), (0, 3, 1, 2)), ((9, 3, 8, 6), (0, 1, 2, 3))])
def test_images_of_either_layout(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], axes: tuple[int, ...]
) -> None:
    monkeypatch.setattr(hdf5, "BLOCK", 300)
    images = RANDOM.integers(0, 256, shape, np.uint8)
    write(images=images)
    data = opened()
    assert (data.images(np.arange(9)) == images.transpose(axes)).all()
    assert (data.image_shape, data.peak, data.factor_names) == ((3, 8, 6), 255, ())
    assert data.provenance["source"] == "hdf5"


def test_binary_images_in_a_group_with_named_real_factors() -> None:
    images = RANDOM.integers(0, 2, (4, 8, 6), np.uint8)
    write(**{"data/pictures": images, "data/angles": np.array([[0.5, 2], [0.5, 3], [0.25, 2], [1, 2]])})
    data = opened(images="data/pictures", factors="data/angles", names=["x", "y"])
    assert (data.images(np.arange(4))[:, 0] == images).all()
    assert data.peak == 1
    assert (data.factor_names, data.factor_sizes) == (("x", "y"), (3, 2))
    assert data.factors(np.arange(4)).tolist() == [[1, 0], [1, 1], [0, 0], [2, 0]]
    assert data.factor_roles == {"x": "horizontal", "y": "vertical"}


def test_one_column_of_factors() -> None:
    write(images=np.zeros((3, 4, 4), np.uint8), labels=np.array([5, 7, 5]))
    data = opened(factors="labels")
    assert (data.factor_names, data.factor_sizes) == (("factor_0",), (2,))


def test_converted_once_until_the_file_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    write(images=np.zeros((3, 4, 4), np.uint8))
    first = opened().provenance
    with monkeypatch.context() as patched:
        patched.setattr(hdf5, "read_blocks", lambda _: pytest.fail("converted again"))
        assert opened().provenance == first
    write(images=np.ones((3, 4, 4), np.uint8))
    os.utime("a.h5", ns=(1, 1))
    assert opened().images(np.arange(3)).all()


@pytest.mark.parametrize(
    ("arrays", "fields", "found"),
    [
        ({"images": np.zeros((3, 4, 4))}, {}, r"is float64 of shape \(3, 4, 4\), expected uint8"),
        ({"images": np.zeros((3, 4), np.uint8)}, {}, "expected uint8"),
        ({"images": np.zeros((0, 4, 4), np.uint8)}, {}, "expected uint8"),
        ({"pictures": np.zeros((3, 4, 4), np.uint8)}, {}, "no array 'images'"),
        ({"labels": np.zeros(2)}, {"factors": "labels"}, r"float64 of shape \(2,\), expected numbers \(3, k\)"),
        ({"labels": np.array([b"a"] * 3)}, {"factors": "labels"}, "expected numbers"),
        ({"labels": np.array([0, 1, np.nan])}, {"factors": "labels"}, "not finite"),
        ({"labels": np.zeros((3, 2))}, {"factors": "labels", "names": ["a"]}, "names a, expected 2 different ones"),
        ({"labels": np.zeros((3, 2))}, {"factors": "labels", "names": ["a", "a"]}, "expected 2 different ones"),
    ],
)
def test_refused(arrays: dict[str, Any], fields: dict[str, Any], found: str) -> None:
    write(**({"images": np.zeros((3, 4, 4), np.uint8)} if "labels" in arrays else {}), **arrays)
    with pytest.raises(DataError, match=found):
        opened(**fields)


def test_files_that_can_not_be_read() -> None:
    with pytest.raises(DataError, match=r"a\.h5 can't be read: No such file"):
        opened()
    Path("a.h5").write_text("hello")
    with pytest.raises(DataError, match="is damaged"):
        opened()


def test_check_plugin_and_a_run(tmp_path: Path) -> None:
    images, factors = squares()
    write(images=images, labels=factors)
    (tmp_path / "mine.yaml").write_text("""
name: mine
dataset: {type: hdf5, path: a.h5, factors: labels, names: [size, x, y]}
model: {type: vae, latents: 2, encoder: {type: mlp, hidden: [8]}, decoder: {type: mlp, hidden: [8]}}
objective: beta_vae
training: {steps: 2, batch_size: 8}
metrics: [mig]
""")
    cli = Cli(tmp_path)
    checked = cli.start("check-plugin", str(PLUGIN))
    out, _ = checked.communicate()
    assert checked.returncode == 0, out
    assert "0 problems" in out
    assert not (tmp_path / "cache").exists()
    run = cli.start("run", "mine.yaml", "--plugin", str(PLUGIN))
    _, errors = run.communicate()
    assert run.returncode == 0, errors
    (folder,) = (tmp_path / "runs").iterdir()
    assert '"source": "hdf5"' in (folder / "environment.json").read_text()
    assert "mig" in (folder / "scores.json").read_text()
