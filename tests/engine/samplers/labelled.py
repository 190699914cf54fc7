"""A data set that is nothing but factors."""

from __future__ import annotations

import numpy as np


class Labelled:
    """A data set of factor values and nothing else."""

    def __init__(self, factors: np.ndarray, sizes: tuple[int, ...]) -> None:
        self.values = factors
        self.factor_sizes = sizes
        self.factor_names = tuple("abcdefghij"[: len(sizes)])
        self.weights: np.ndarray | None = None
        self.sequences: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def factors(self, index: np.ndarray) -> np.ndarray:
        return self.values[index]


def grid(*sizes: int) -> Labelled:
    """Every combination of factors of these sizes, once."""
    return Labelled(np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), -1).reshape(-1, len(sizes)), sizes)
