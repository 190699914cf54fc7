"""Seeds for everything random, each a pure function of the recipe's seed and of what it is for."""

from __future__ import annotations

import hashlib


def derive(seed: int, *purpose: str | int) -> int:
    """A seed of 63 bits for one purpose, independent of those for any other purpose.

    Args:
        seed: the recipe's seed.
        purpose: names and numbers, such as `"order", epoch`.
    """
    text = ":".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
