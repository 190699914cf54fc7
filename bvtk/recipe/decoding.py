"""Bytes become text: bounded in size, UTF-8 or refused with the encoding that it looks like."""

from __future__ import annotations

import codecs
from pathlib import Path

from bvtk.errors import RecipeError
from bvtk.recipe.marks import Mark, Source, problem

MOST_BYTES = 2**20
"""The largest file that is read as a recipe: 1 MiB."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


def read_text(path: Path, name: str) -> str:
    """The text of a file.

    Args:
        path: where it lies.
        name: what errors call it.

    Raises:
        RecipeError: where it can't be read, is too large or is no UTF-8.
    """
    data = _read_bytes(path, name)
    if len(data) > MOST_BYTES:
        raise _refusal(Mark(Source(name)), "larger than 1 MiB", "a recipe is a small text file: is this the right one?")
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
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _refusal(whole, "no such file", "`bvtk init recipe NAME` writes one to start from") from None
    except IsADirectoryError:
        raise _refusal(whole, "a folder, where a recipe's file is needed", "name the .yaml file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refusal(whole, f"can't be read: {reason.lower()}") from None


def _wrong_encoding(data: bytes, position: int, name: str) -> RecipeError:
    before = Source(name, data[:position].decode("latin-1")).lines
    looks = _looks_like(data)
    mark = Mark(Source(name), len(before), len(before[-1]) + 1)
    return _refusal(mark, f"not UTF-8, it looks like {looks}", "save the file as UTF-8")


def _looks_like(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    if 0 in data:
        halves = data[0:200:2], data[1:200:2]
        return "UTF-16" if any(half.count(0) > 0.8 * len(half) for half in halves) else "a binary file"
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in data[:1000])
    return "a binary file" if controls else "Latin-1 or Windows-1252"


def _refusal(mark: Mark, message: str, hint: str = "") -> RecipeError:
    return RecipeError((problem(mark, (), message, hint),))
