"""Data sets as recipes declare them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.data.specs import Arrays, DSprites, Images


@pytest.mark.parametrize(
    ("spec", "fields", "complete"),
    [
        (DSprites, {}, {"type": "dsprites", "source": "rendered", "path": None}),
        (DSprites, {"source": "auto", "path": "a.npz"}, {"type": "dsprites", "source": "auto", "path": "a.npz"}),
        (Arrays, {"path": "a.npz"}, {"type": "arrays", "path": "a.npz"}),
        (Images, {"path": "a"}, {"type": "images", "path": "a", "size": None, "channels": None}),
        (
            Images,
            {"path": "a", "size": [48, 64], "channels": 3},
            {"type": "images", "path": "a", "size": [48, 64], "channels": 3},
        ),
    ],
)
def test_fields_and_defaults(spec: Any, fields: dict[str, Any], complete: dict[str, Any]) -> None:
    assert dump(parse(spec, fields)) == complete
    assert parse(spec, {key: value for key, value in complete.items() if key != "type"}) == parse(spec, fields)


@pytest.mark.parametrize(
    ("spec", "fields", "found"),
    [
        (DSprites, {"source": "download"}, "'rendered', 'original' or 'auto'"),
        (DSprites, {"path": "a.npz"}, "source 'rendered' reads no file"),
        (Arrays, {}, "Field required"),
        (Arrays, {"path": ""}, "at least 1 character"),
        (Arrays, {"path": "a\0b"}, "match pattern"),
        (Images, {"path": "a", "size": 0}, r"a side in pixels or \[height, width\], each from 1 to 4096"),
        (Images, {"path": "a", "size": [64]}, "a side in pixels"),
        (Images, {"path": "a", "size": [64, 0]}, "a side in pixels"),
        (Images, {"path": "a", "size": "64"}, "a side in pixels"),
        (Images, {"path": "a", "channels": 2}, "1 or 3"),
        (Images, {"path": "a", "folder": "b"}, "Extra inputs"),
    ],
)
def test_refused(spec: Any, fields: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found) as error:
        parse(spec, fields)
    assert error.value.error_count() == 1


@pytest.mark.parametrize("size", [4, (4, 4)])
def test_building_what_the_user_has(tmp_path: Path, size: Any) -> None:
    from PIL import Image

    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", np.zeros((2, 8, 8), np.uint8))
    assert Images(path=str(tmp_path), size=size).build().image_shape == (1, 4, 4)
    assert len(Arrays(path=str(tmp_path / "a.npy")).build()) == 2


def test_declaring_imports_neither_numpy_nor_torch() -> None:
    code = "import sys, bvtk.data.specs; assert not {'numpy', 'torch', 'PIL'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_load_on_first_use() -> None:
    import bvtk.data

    assert all(getattr(bvtk.data, name).__name__ == name for name in bvtk.data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bvtk.data.nothing
