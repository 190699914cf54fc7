"""Counts in text: `1 cell`, `1,000 cells`."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """A number and its noun, with an s for the plural: `1 cell`, `1,000 cells`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
