"""Reads JSON files and checks safetensors headers, from untrusted sources too: strictly and within bounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic_core import from_json

from bvtk.errors import UsageError
from bvtk.reading import open_file

MAX_BYTES = 64 << 20
"""The largest JSON file that is read."""

MAX_HEADER_BYTES = 16 << 20
"""The longest header of a safetensors file: names, shapes and metadata."""

_LENGTH_BYTES = 8


def parse_json(text: str | bytes | bytearray) -> Any:
    """Parses a JSON document. Pydantic's parser refuses NaN, lone surrogates and more than 200 levels of nesting.

    Raises:
        ValueError: if it is not JSON by these rules.
    """
    return from_json(text, allow_inf_nan=False)


def read_document(path: Path) -> Any:
    """Reads a JSON file.

    Raises:
        OSError: if it can't be read.
        ValueError: if it is not JSON, or is larger than `MAX_BYTES`.
    """
    with open_file(path) as file:
        data = bytearray()
        while len(data) <= MAX_BYTES and (part := file.read(1 << 20)):  # a larger read allocates its whole size at once
            data += part
    if len(data) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")
    return parse_json(data)


def check_safetensors(path: Path) -> None:
    """Checks the header length of a safetensors file, since the library reads the whole header into memory.

    Raises:
        UsageError: if there is no such file, or its header is longer than `MAX_HEADER_BYTES`.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file", "give the model.safetensors of a run")
    try:
        with open_file(path) as file:
            length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    if length > MAX_HEADER_BYTES:
        raise UsageError(
            f"{path} can't be read as safetensors: its header has {length} bytes, expected at most {MAX_HEADER_BYTES}",
            "copy or export it again",
        )
