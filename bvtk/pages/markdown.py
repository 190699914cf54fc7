"""Text inside Markdown documents."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"[\\`*{}\[\]<>#|!&~$]|(?<![^\W_])_|_(?![^\W_])")
"""What Markdown may read as more than text. An underscore between two letters or digits is only text: beta_vae."""

_LIST = re.compile(r"^(\d*)([-+=]|(?<=\d)[.)](?= |$))")
"""How a line may begin a list or make a heading of the line above."""

_ENTITIES = {"&": "&amp;", "<": "&lt;"}


def escaped(text: str) -> str:
    """Text on one line that Markdown and HTML read as nothing but text, in a paragraph, heading or table cell."""
    line = _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), one_line(text))
    return _LIST.sub(r"\1\\\2", line)


def one_line(text: str) -> str:
    """Text without line breaks and control characters, each run of them and of spaces replaced by one space."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def fenced(text: str, language: str) -> str:
    """Text as a block of code, whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
