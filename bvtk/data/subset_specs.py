"""The data set that is part of another, as recipes declare it."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from bvtk.component import DatasetSpec, Slot, datasets, register_dataset
from bvtk.protocols import Dataset


def _one_error(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError:  # one error for each member of the union, their names in its place
        raise PydanticCustomError("factor_value", "expected the number of a value, from 0, or its name") from None


FactorValue = Annotated[NonNegativeInt | str, WrapValidator(_one_error)]


def _some(values: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if not values:  # `min_length` would say so too where the only value is a wrong one
        raise PydanticCustomError("factor_values", "expected at least one value")
    return values


Values = Annotated[tuple[FactorValue, ...], AfterValidator(_some)]


@register_dataset("subset")
class Subset(DatasetSpec):
    """Part of another data set: the images with some values of its factors.

    Values are renumbered from 0, and a factor left with one value is none any more. Leaving out every second value
    makes data less continuous: Higgins et al. 2017, appendix A.8.
    """

    dataset: Annotated[DatasetSpec, Slot(datasets)] = Field(examples=["dsprites"])
    """The whole data set; it needs factors."""

    keep: dict[str, Values] = Field(default={}, examples=[{"shape": ["square", "ellipse"]}])
    """By factor, the values that stay, each by its number from 0 or by its name; all of factors not named here."""

    every: dict[str, Annotated[int, Field(ge=2)]] = Field(default={}, examples=[{"orientation": 2}])
    """By factor, n where only every n-th of its values stays, the first included."""

    @model_validator(mode="after")
    def _restricts(self) -> Self:
        if not self.keep and not self.every:
            raise PydanticCustomError("subset", "say what stays: keep, every, or both")
        if both := sorted(self.keep.keys() & self.every.keys()):
            raise PydanticCustomError(
                "subset", "factor {name} is in keep and in every: choose one", {"name": repr(both[0])}
            )
        return self

    def build(self) -> Dataset:
        """Opens the whole data set; its images stay where they are."""
        from bvtk.data.subset import take

        return take(self.dataset.open(), self.keep, self.every)
