from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bvtk.errors import RecipeError
from bvtk.recipe.decoding import MAX_BYTES, read_text

Errors = Callable[..., list[str]]


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_bytes(b"\xef\xbb\xbfname: \xce\xb2")
    assert read_text(tmp_path / "r.yaml", "r") == "name: β"


@pytest.mark.parametrize(
    ("data", "place", "looks"),
    [
        ("name: é".encode("latin-1"), "1:7", "Latin-1"),
        (b"a: 1\nb: \x93quoted\x94\n", "2:4", "Latin-1 or Windows-1252"),
        ("name: x".encode("utf-16"), "1:1", "UTF-16"),
        ("name: x".encode("utf-16-le"), "1:2", "UTF-16"),
        ("name: x".encode("utf-16-be"), "1:1", "UTF-16"),
        ("name: x".encode("utf-32"), "1:1", "UTF-32"),
        (b"PK\x03\x04\x00\x00\xff\xfe\x00", "1:7", "a binary file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "1:1", "a binary file"),
    ],
)
def test_other_encodings_are_refused_by_name(errors: Errors, data: bytes, place: str, looks: str) -> None:
    (found,) = errors(data)
    assert found.startswith(f"{place} : not UTF-8, it looks like {looks}")


def test_a_file_past_the_bound_is_refused_without_reading_all_of_it(errors: Errors) -> None:
    assert errors(b"#" * (MAX_BYTES + 1)) == ["0:0 : larger than 1 MiB"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.yaml", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(RecipeError, match=said) as caught:
            read_text(path, "r")
        assert caught.value.exit_code == 2
    with pytest.raises(RecipeError, match="can't be read"):
        read_text(Path("a\0b"), "r")
    with pytest.raises(RecipeError, match="file name too long"):
        read_text(Path("x" * 5000), "r")


def test_a_device_without_end_is_read_up_to_the_bound() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("no /dev/zero here")
    with pytest.raises(RecipeError, match="larger than 1 MiB"):
        read_text(Path("/dev/zero"), "r")
