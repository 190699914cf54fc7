"""Seeds for everything random: pure functions of the recipe's seed and the purpose."""

from __future__ import annotations

import hashlib


def derive(seed: int, *purpose: str | int) -> int:
    """Derives a 63-bit seed for one purpose, independent of the seeds for all others.

    Args:
        seed: the recipe's seed.
        purpose: names and numbers, such as `"order", epoch`.
    """
    text = ":".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
