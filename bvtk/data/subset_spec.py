"""The data set `subset`, as recipes declare it."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, NonNegativeInt, model_validator
from pydantic_core import PydanticCustomError

from bvtk.component import DatasetSpec, Slot, datasets, one_error, register_dataset
from bvtk.data.fields import check_factors
from bvtk.protocols import Dataset

FactorValue = Annotated[NonNegativeInt | str, one_error("the number of a value, from 0, or its name")]


def _not_empty(values: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if not values:  # `min_length` would add this error to that of a single wrong value
        raise PydanticCustomError("factor_values", "expected at least one value")
    return values


Values = Annotated[tuple[FactorValue, ...], AfterValidator(_not_empty)]


@register_dataset("subset")
class Subset(DatasetSpec):
    """Part of another data set: the images that have some values of its factors.

    Values are renumbered from 0, and factors that are left with one value are dropped. Leaving out every second value
    makes data less continuous: Higgins et al. 2017, appendix A.8.
    """

    dataset: Annotated[DatasetSpec, Slot(datasets)] = Field(examples=["dsprites"])
    """The data set to take images from. It needs factors."""

    keep: dict[str, Values] = Field(default={}, examples=[{"shape": ["square", "ellipse"]}])
    """By factor, the values to keep, each as its number from 0 or its name. Factors not named here keep all."""

    every: dict[str, Annotated[int, Field(ge=2)]] = Field(default={}, examples=[{"orientation": 2}])
    """By factor, n to keep only every n-th of its values, starting with the first."""

    @model_validator(mode="after")
    def _restricts(self) -> Self:
        if not self.keep and not self.every:
            raise PydanticCustomError("subset", "expected keep, every or both: say which values to keep")
        if both := sorted(self.keep.keys() & self.every.keys()):
            raise PydanticCustomError(
                "subset", "factor {name} is in both keep and every: remove one", {"name": repr(both[0])}
            )
        check_factors(self.dataset, (*self.keep, *self.every))
        return self

    def known_factors(self) -> tuple[str, ...] | None:
        """Those of the other data set but the ones of which a single value is kept."""
        dropped = {name for name, values in self.keep.items() if len(set(values)) == 1}
        known = self.dataset.known_factors()
        return None if known is None else tuple(name for name in known if name not in dropped)

    def build(self) -> Dataset:
        """Opens the data set and finds the images. They are not copied."""
        from bvtk.data.subset import take

        return take(self.dataset.open(), self.keep, self.every)
