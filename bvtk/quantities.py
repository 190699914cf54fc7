"""Numbers, amounts and durations: what counts as a number, and how they are written."""

from __future__ import annotations

from typing import Any, TypeGuard

_LARGEST = 1e100


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is an int or a float; a bool is neither."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_moderate(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a number of which sums and squares stay finite."""
    return is_number(value) and abs(value) <= _LARGEST


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals, and a minus sign instead of a hyphen."""
    return f"{value:.{digits}f}".replace("-", "−")


def duration(seconds: float) -> str:
    """A duration in words: `8.5 s`, `2 min 5 s`, `1 h 15 min`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def file_size(size: int) -> str:
    """A number of bytes in words: `812 kB`, `4.2 MB`, `1.3 GB`."""
    for unit, bytes_of in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f} {unit}" if unit != "kB" else f"{size / bytes_of:.0f} kB"
    return f"{size} B"


def counted(count: int, noun: str) -> str:
    """A number and its noun, with an s for the plural: `1 cell`, `1,000 cells`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def article(noun: str) -> str:
    """`an encoder`, `a model`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
