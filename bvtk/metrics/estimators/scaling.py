"""Standardised codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def standardised(*sets: NDArray[np.floating[Any]]) -> list[NDArray[np.float64]]:
    """Sets of codes (n, d), standardised by the mean and deviation of the first; a constant code becomes 0."""
    z = sets[0].astype(np.float64)
    varies = np.ptp(z, axis=0) > 0
    scale = np.where(varies, 1 / np.where(varies, z.std(axis=0), 1), 0)
    return [(part - z.mean(axis=0)) * scale for part in sets]
