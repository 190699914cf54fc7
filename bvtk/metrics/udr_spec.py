"""How UDR compares models. It compares several, so it is not a metric of a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bvtk.errors import UsageError

Measure = Literal["lasso", "spearman"]


@dataclass(frozen=True)
class How:
    """How models are compared.

    Args:
        measure: compares the codes of two models: `lasso`, the weights of a Lasso that predicts those of one from those
            of the other, or `spearman`, rank correlations.
        images: the most images of the data set whose codes are compared.
        seed: draws these images.
        device: where to encode them: `cpu`, `cuda`, `mps` or `auto`.

    Raises:
        UsageError: if there is no such measure, or a number is too small.
    """

    measure: Measure = "lasso"
    images: int = 1_000
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.measure not in get_args(Measure):
            raise UsageError(f"unknown measure {self.measure!r}", f"known: {', '.join(get_args(Measure))}")
        if self.images < 2 or self.seed < 0:
            raise UsageError(f"expected at least 2 images and a seed from 0, found {self.images} and {self.seed}")
