"""Parses text into data with marks, by YAML 1.2 core rules on PyYAML's parser. Nothing in it is executed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path as File

import yaml

from bvtk.errors import Problem
from bvtk.recipe.composer import Composer, StopReading
from bvtk.recipe.decoding import read_text
from bvtk.recipe.marks import Mark, Node, Path, Source, refusal

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
