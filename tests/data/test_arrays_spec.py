"""`arrays` as recipes declare it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.data.arrays_spec import Arrays


def test_fields() -> None:
    assert dump(parse(Arrays, {"path": "a.npz"})) == {"type": "arrays", "path": "a.npz"}


@pytest.mark.parametrize(
    ("fields", "found"),
    [({}, "Field required"), ({"path": ""}, "at least 1 character"), ({"path": "a\0b"}, "match pattern")],
)
def test_refused(fields: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found) as error:
        parse(Arrays, fields)
    assert error.value.error_count() == 1


def test_building(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 8, 8), np.uint8))
    assert len(Arrays(path=str(tmp_path / "a.npy")).build()) == 2
