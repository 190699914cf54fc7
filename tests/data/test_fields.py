"""Types of fields that the specs of data sets share."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from bvtk.data.fields import PathText, user_path
from bvtk.errors import DataError


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_invalid_paths(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PathText).validate_python(text)


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/a.npz") == tmp_path / "a.npz"
    assert user_path("b/a.npz") == Path("b/a.npz")


def test_an_unknown_home_folder() -> None:
    with pytest.raises(DataError, match="home folder"):
        user_path("~nobody-of-that-name/images")


def test_a_path_that_no_system_takes() -> None:
    with pytest.raises(DataError, match="can't be reached: File name too long"):
        user_path("a" * 5000)
