"""`dsprites` as recipes declare it, and what all data sets have in common."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.data.dsprites import FACTOR_NAMES
from bvtk.data.dsprites_spec import DSprites


@pytest.mark.parametrize(
    ("fields", "complete"),
    [
        ({}, {"type": "dsprites", "source": "rendered", "path": None}),
        ({"source": "auto", "path": "a.npz"}, {"type": "dsprites", "source": "auto", "path": "a.npz"}),
    ],
)
def test_fields_and_defaults(fields: dict[str, Any], complete: dict[str, Any]) -> None:
    assert dump(parse(DSprites, fields)) == complete


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"source": "download"}, "'rendered', 'original' or 'auto'"),
        ({"path": "a.npz"}, "source 'rendered' reads no file"),
    ],
)
def test_refused(fields: dict[str, Any], found: str) -> None:
    with pytest.raises(ValidationError, match=found) as error:
        parse(DSprites, fields)
    assert error.value.error_count() == 1


@pytest.mark.parametrize("name", ["arrays", "correlated", "dsprites", "images", "subset"])
def test_declaring_imports_neither_numpy_nor_torch(name: str) -> None:
    code = f"import sys, bvtk.data.{name}_spec; assert not {{'numpy', 'torch', 'PIL'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_load_on_first_use() -> None:
    import bvtk.data

    assert all(getattr(bvtk.data, name) for name in bvtk.data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bvtk.data.nothing


def test_its_factors_are_known_before_it_is_opened() -> None:
    assert DSprites().known_factors() == FACTOR_NAMES
