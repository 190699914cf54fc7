"""Text becomes data with marks: YAML 1.2 core rules on PyYAML's parser, and never more than data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path as File

import yaml

from bvtk.errors import Problem, RecipeError
from bvtk.recipe.composer import Composer, StopReading
from bvtk.recipe.decoding import read_text
from bvtk.recipe.marks import Mark, Node, Path, Source, problem

_FOREIGN_BREAK = re.compile("[\x85\u2028\u2029]")
"""Line ends to YAML 1.1, and so to PyYAML, but not to YAML 1.2, JSON and editors."""


@dataclass(frozen=True)
class Document:
    """A text after reading.

    Args:
        source: the text.
        root: its data; None where the syntax gave none.
        problems: everything that was refused.
    """

    source: Source
    root: Node | None
    problems: tuple[Problem, ...]


def read_document(path: File, name: str) -> Document:
    """Reads a recipe's file.

    Args:
        path: where it lies.
        name: what errors call it.

    Raises:
        RecipeError: where there is no such file, or it is no text.
    """
    source = Source(name, read_text(path, name))
    document = compose(source)
    if document.problems:
        return document
    root = document.root
    if root is None or (root.value is None and root.mark.width == 0):
        raise _refusal(Mark(source), "the file is empty", "`bvtk init recipe NAME` writes one to start from")
    if not isinstance(root.value, dict):
        raise _refusal(root.mark, "a recipe is a mapping of keys to values", "write `name: …` and so on")
    return document


def compose(source: Source, skip: int = 0, path: Path = ()) -> Document:
    """Turns YAML into nodes, and gathers everything that recipes may not contain.

    Args:
        source: the text.
        skip: how many characters at its start are not YAML.
        path: the key that errors give for the text as a whole.
    """
    composer = Composer(source, skip, path)
    try:
        loader = yaml.SafeLoader(_without_foreign_breaks(source.text, composer)[skip:])
        try:
            while loader.check_event():
                composer.feed(loader.get_event())  # type: ignore[no-untyped-call]
        except (ValueError, OverflowError):  # PyYAML lets chr() fail on an escape past the last character
            composer.refuse(composer.mark(loader.get_mark()), "an escape that is no character")
    except StopReading:
        pass
    except yaml.YAMLError as error:
        composer.refuse_syntax(error)
    return Document(source, composer.root, tuple(composer.problems))


def _without_foreign_breaks(text: str, composer: Composer) -> str:
    """The text with spaces for line ends that only some see, the first of them refused."""
    found = _FOREIGN_BREAK.search(text)
    if found is None:
        return text
    before = Source("", text[: found.start()]).lines
    mark = Mark(composer.source, len(before), len(before[-1]) + 1)
    composer.refuse(mark, "a line end that not every reader sees", "remove it, or write it as an escape")
    return _FOREIGN_BREAK.sub(" ", text)


def _refusal(mark: Mark, message: str, hint: str) -> RecipeError:
    return RecipeError((problem(mark, (), message, hint),))
