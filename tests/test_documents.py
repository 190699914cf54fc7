from __future__ import annotations

from pathlib import Path

import pytest

from bvtk import documents
from bvtk.documents import MOST_NESTED, check_safetensors, parse_json, read_document
from bvtk.errors import UsageError


@pytest.mark.parametrize(
    "text", ['{"a": [1, -0.5e3, null, true, "β"]}', "5", '"x"', "[" * MOST_NESTED + "]" * MOST_NESTED]
)
def test_json_is_read_as_it_is(text: str) -> None:
    assert parse_json(text) == parse_json(text.encode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * (MOST_NESTED + 2) + "]" * (MOST_NESTED + 2), "nested more than 64 deep"),
        ('{"a": ' * 100_000, "nested more than 64 deep"),
        ("[NaN]", "NaN is no number of JSON"),
        ("-Infinity", "-Infinity is no number of JSON"),
        ("1" * 5000, "digits"),
        ("{", "Expecting"),
        ("", "Expecting"),
    ],
)
def test_what_is_no_json_is_one_kind_of_error(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_a_document_is_bounded_in_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 1 << 20)
    (tmp_path / "a.json").write_bytes(b" " * (1 << 20) + b"5")
    with pytest.raises(ValueError, match="larger than 1 MiB"):
        read_document(tmp_path / "a.json")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'"\xff\xfe"')
    with pytest.raises(ValueError, match="utf"):
        read_document(tmp_path / "a.json")


def test_a_header_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes((1 << 27).to_bytes(8, "little") + b"{}")
    with pytest.raises(UsageError, match="its header says 134217728 bytes"):
        check_safetensors(tmp_path / "a.safetensors")
    with pytest.raises(UsageError, match="no such file"):
        check_safetensors(tmp_path)
