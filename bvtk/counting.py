"""Nouns in messages: `1 cell`, `1,000 cells`, `an encoder`."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number and its noun, with an s for the plural: `1 cell`, `1,000 cells`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def article(noun: str) -> str:
    """`an encoder`, `a model`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
