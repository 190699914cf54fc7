"""The data set `correlated`, as recipes declare it."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import DatasetSpec, Slot, datasets, one_error, register_dataset
from bvtk.data.fields import check_factors
from bvtk.protocols import Dataset

Pairs = Annotated[
    tuple[tuple[str, str], ...], Field(min_length=1), one_error("pairs of factors, such as [[shape, scale]]")
]


@register_dataset("correlated")
class Correlated(DatasetSpec):
    """Another data set with correlated factors: some images are drawn more often than others in training.

    The probability of an image is proportional to exp(−(c₁ − c₂)²/2σ²) for each pair of factors, with the numbers of
    their values scaled to [0, 1]. Träuble et al. 2021; Roth et al. 2023. Scores are still computed on all images.
    """

    of: Annotated[DatasetSpec, Slot(datasets)] = Field(examples=["dsprites"])
    """The data set whose factors become correlated."""

    pairs: Pairs = Field(examples=[[["x", "y"]]])
    """The pairs of factors, by name."""

    sigma: Annotated[float, Field(ge=1e-3)] = 0.1
    """σ, the strength: 0.1 is strong, 0.7 is weak; at least 0.001."""

    @model_validator(mode="after")
    def _factors_exist_and_differ(self) -> Self:
        check_factors(self.of, chain(*self.pairs))
        for pair in self.pairs:
            if pair[0] == pair[1]:
                raise PydanticCustomError(
                    "pairs", "factor {name} is paired with itself: name two factors", {"name": repr(pair[0])}
                )
            if sum(set(pair) == set(other) for other in self.pairs) > 1:
                raise PydanticCustomError(
                    "pairs", "the pair {pair} is listed twice: remove one", {"pair": " and ".join(map(repr, pair))}
                )
        return self

    def known_factors(self) -> tuple[str, ...] | None:
        """Those of the other data set."""
        return self.of.known_factors()

    def build(self) -> Dataset:
        """Opens the data set and computes the weights of its images."""
        from bvtk.data.correlated import correlate

        return correlate(self.of.open(), self.pairs, self.sigma)
