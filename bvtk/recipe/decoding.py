"""Reads text files: UTF-8 of bounded size. Other encodings are refused by name."""

from __future__ import annotations

import codecs
from pathlib import Path

from bvtk.errors import RecipeError
from bvtk.recipe.marks import Mark, Source, refusal

MAX_BYTES = 2**20
"""The largest recipe file: 1 MiB."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_text(path: Path, name: str) -> str:
    """Reads a text file, which errors call `name`.

    Raises:
        RecipeError: if it can't be read, is too large or is not UTF-8.
    """
    data = _read_bytes(path, name)
    if len(data) > MAX_BYTES:
        raise refusal(Mark(Source(name)), "larger than 1 MiB", "check that this is a recipe")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong_encoding(data, error.start, name) from None
    if "\0" in text:
        raise _wrong_encoding(data, data.index(0), name)
    return text


def _read_bytes(path: Path, name: str) -> bytes:
    whole = Mark(Source(name))
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refusal(whole, "no such file", "run `bvtk init recipe NAME` to write a starter file") from None
    except IsADirectoryError:
        raise refusal(whole, "is a folder, expected a recipe file", "give the path of the .yaml file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refusal(whole, f"can't be read: {reason.lower()}") from None


def _wrong_encoding(data: bytes, position: int, name: str) -> RecipeError:
    mark = Mark.after(data[:position].decode("latin-1"), Source(name))
    return refusal(mark, f"not UTF-8, it looks like {_guessed_encoding(data)}", "save the file as UTF-8")


def _guessed_encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if 0 in data:
        halves = data[0:200:2], data[1:200:2]
        return "UTF-16" if any(half.count(0) > 0.8 * len(half) for half in halves) else "a binary file"
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in data[:1000])
    return "a binary file" if controls else "Latin-1 or Windows-1252"
