"""Reads recipe files, and parses text into data with marks, by YAML 1.2 core rules on PyYAML's parser.

Files are UTF-8 of bounded size; other encodings are refused by name. Nothing in a file is executed.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path as File

import yaml

from bvtk.errors import Problem, RecipeError
from bvtk.reading import open_file
from bvtk.recipe.composer import Composer, StopReading
from bvtk.recipe.marks import Mark, Node, Path, Source, refusal
from bvtk.recipe.shipped import shipped_recipes

MAX_BYTES = 2**20
"""The largest recipe file: 1 MiB."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

_FOREIGN_BREAK = re.compile("[\x85\u2028\u2029]")
"""Line breaks in YAML 1.1, and so in PyYAML, but not in YAML 1.2, JSON and editors."""


@dataclass(frozen=True)
class Document:
    """A parsed text: its data, None if the syntax is invalid, and all errors."""

    source: Source
    root: Node | None
    problems: tuple[Problem, ...]


def read_document(path: File, name: str) -> Document:
    """Reads a recipe file, which errors call `name`.

    Raises:
        RecipeError: if the file is missing or not text.
    """
    source = Source(name, read_text(path, name))
    document = compose(source)
    if document.problems:
        return document
    root = document.root
    if root is None or (root.value is None and root.mark.width == 0):
        raise refusal(Mark(source), "the file is empty", "run `bvtk init recipe NAME` to write a starter file")
    if not isinstance(root.value, dict):
        raise refusal(root.mark, "expected a mapping of keys to values", "write `name: …` and so on")
    return document


def compose(source: Source, skip: int = 0, path: Path = ()) -> Document:
    """Parses YAML into nodes, and collects everything that is not allowed in recipes.

    Args:
        skip: how many characters at the start are not YAML.
        path: the key of the whole text in errors.
    """
    composer = Composer(source, skip, path)
    try:
        loader = yaml.SafeLoader(_without_foreign_breaks(source.text, composer)[skip:])
        try:
            while loader.check_event():
                composer.feed(loader.get_event())  # type: ignore[no-untyped-call]
        except (ValueError, OverflowError):  # PyYAML calls chr() on escapes beyond the last character
            composer.refuse(composer.mark(loader.get_mark()), "this escape is not a character")
    except StopReading:
        pass
    except yaml.YAMLError as error:
        composer.refuse_syntax(error)
    return Document(source, composer.root, tuple(composer.problems))


def _without_foreign_breaks(text: str, composer: Composer) -> str:
    """Replaces line breaks that only some programs recognise by spaces, and reports the first."""
    found = _FOREIGN_BREAK.search(text)
    if found is None:
        return text
    mark = Mark.after(text[: found.start()], composer.source)
    composer.refuse(mark, "a line break that not every program recognises", "remove it, or write it as an escape")
    return _FOREIGN_BREAK.sub(" ", text)


def read_text(path: File, name: str) -> str:
    """Reads a text file, which errors call `name`.

    Raises:
        RecipeError: if it can't be read, is too large, or it or its name is not UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise refusal(Mark(Source(name)), "the name of the file is not UTF-8", "rename it") from None
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


def _read_bytes(path: File, name: str) -> bytes:
    whole = Mark(Source(name))
    try:
        with open_file(path) as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refusal(whole, "no such file", _nearest(path)) from None
    except IsADirectoryError:
        raise refusal(whole, "is a folder, expected a recipe file", "give the path of the .yaml file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refusal(whole, f"can't be read: {reason.lower()}") from None


def _nearest(path: File) -> str:
    """What may be meant by the path of a file that does not exist."""
    near = [str(other) for suffix in (".yaml", ".yml") if (other := path.with_name(path.name + suffix)).is_file()]
    near += get_close_matches(path.as_posix(), shipped_recipes(), n=1, cutoff=0.8)
    return f"did you mean {near[0]}?" if near else "run `bvtk init recipe NAME` to write a starter file"


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
