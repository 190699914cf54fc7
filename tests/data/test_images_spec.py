"""`images` as recipes declare it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.data.images_spec import Images


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({"path": "a"}, {"type": "images", "path": "a", "size": None, "channels": None}),
        (
            {"path": "a", "size": [48, 64], "channels": 3},
            {"type": "images", "path": "a", "size": [48, 64], "channels": 3},
        ),
    ],
)
def test_fields_and_defaults(fields: dict[str, Any], complete: dict[str, Any]) -> None:
    assert dump(parse(Images, fields)) == complete
    assert parse(Images, {key: value for key, value in complete.items() if key != "type"}) == parse(Images, fields)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"size": 0}, r"a side in pixels or \[height, width\], each from 1 to 4096"),
        ({"size": [64]}, "a side in pixels"),
        ({"size": [64, 0]}, "a side in pixels"),
        ({"size": "64"}, "a side in pixels"),
        ({"channels": 2}, "1 or 3"),
        ({"folder": "b"}, "Extra inputs"),
    ],
)
def test_refused(fields: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found) as error:
        parse(Images, {"path": "a", **fields})
    assert error.value.error_count() == 1


@pytest.mark.parametrize("size", [4, (4, 4)])
def test_building(tmp_path: Path, size: Any) -> None:
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "a.png")
    assert Images(path=str(tmp_path), size=size).build().image_shape == (1, 4, 4)
