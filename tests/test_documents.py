from __future__ import annotations

from pathlib import Path

import pytest

from bvtk import documents
from bvtk.documents import check_safetensors, parse_json, read_document
from bvtk.errors import UsageError


@pytest.mark.parametrize("text", ['{"a": [1, -0.5e3, null, true, "β"]}', "5", '"x"', "[" * 200 + "]" * 200])
def test_json_is_read_as_it_is(text: str) -> None:
    assert parse_json(text) == parse_json(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 202 + "]" * 202, "recursion limit exceeded"),
        ('{"a": ' * 100_000, "recursion limit exceeded"),
        ("[NaN]", "expected value at line 1 column 2"),
        ("-Infinity", "invalid number at line 1 column 2"),
        ('"\\ud800"', "hex escape"),
        ("1" * 5000, "number out of range"),
        ("{", "EOF while parsing"),
        ("", "EOF while parsing"),
    ],
)
def test_invalid_json_is_a_value_error(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_a_document_is_bounded_in_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_BYTES", 1 << 20)
    (tmp_path / "a.json").write_bytes(b" " * (1 << 20) + b"5")
    with pytest.raises(ValueError, match="larger than 1 MiB"):
        read_document(tmp_path / "a.json")


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'"\xff\xfe"')
    with pytest.raises(ValueError, match="invalid unicode"):
        read_document(tmp_path / "a.json")


def test_a_header_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes((1 << 27).to_bytes(8, "little") + b"{}")
    with pytest.raises(UsageError, match="its header has 134217728 bytes"):
        check_safetensors(tmp_path / "a.safetensors")
    with pytest.raises(UsageError, match="no such file"):
        check_safetensors(tmp_path)
