"""Reads JSON documents and the headers of safetensors files, of strangers too: bounded, and strict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from bvtk.errors import UsageError

LARGEST = 64 << 20
"""The most bytes that a JSON document may have."""

MOST_NESTED = 64
"""The deepest nesting that a JSON document may have."""

LONGEST_HEADER = 16 << 20
"""The most bytes that the header of a safetensors file may have: names, shapes and metadata."""

_LENGTH_BYTES = 8


def parse_json(text: str | bytes) -> Any:
    """The value that a JSON document holds.

    Raises:
        ValueError: where it is none, is nested more than `MOST_NESTED` deep, or holds a number that JSON lacks.
    """
    try:
        value = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(f"nested more than {MOST_NESTED} deep") from None
    layer, depth = [value], 0
    while layer := [inner for outer in layer for inner in _inside(outer)]:
        depth += 1
        if depth > MOST_NESTED:
            raise ValueError(f"nested more than {MOST_NESTED} deep")
    return value


def read_document(path: Path) -> Any:
    """The value that a JSON file holds.

    Raises:
        OSError: where it can't be read.
        ValueError: as `parse_json` does, and where it is larger than `LARGEST`.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"larger than {LARGEST >> 20} MiB")
    return parse_json(data)


def check_safetensors(path: Path) -> None:
    """Checks the length of a safetensors file's header, which its library reads into memory as a whole.

    Raises:
        UsageError: where there is no such file, or its header is longer than `LONGEST_HEADER`.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file", "give a model.safetensors that bvtk exported")
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    if length > LONGEST_HEADER:
        raise UsageError(
            f"{path} can't be read as safetensors: its header says {length} bytes, {LONGEST_HEADER} is the most",
            "copy or export it again",
        )


def _inside(value: Any) -> list[Any]:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in items if isinstance(item, dict | list)]


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
