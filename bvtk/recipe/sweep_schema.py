"""What a recipe's `sweep` says: which variants of the recipe are run, and what was published of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    NonNegativeInt,
    PositiveInt,
    ValidationError,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from bvtk.component import Spec


def _taking(expected: str) -> WrapValidator:
    """Says what a field takes in one sentence, where Pydantic would name what is wrong with each form it could have."""

    def checked(value: Any, validate: Callable[[Any], Any]) -> Any:
        try:
            return validate(tuple(value) if isinstance(value, list) else value)
        except ValidationError:
            context = {"expected": expected} | ({"found": json.dumps(value)} if isinstance(value, list) else {})
            raise PydanticCustomError("form", "takes {expected}", context) from None

    return WrapValidator(checked)


Seeds = Annotated[
    PositiveInt | Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)],
    _taking("how many seeds, an integer from 1, or which, a list of integers from 0"),
]
"""How many seeds, counted from 0, or which."""

PublishedFigure = Annotated[
    tuple[float, float | None], _taking("[mean, spread], with null for a spread that was not published")
]
"""A mean and its spread."""


class SweepCell(BaseModel):
    """One variant: overrides as on the command line, and what they are laid over."""

    model_config = ConfigDict(**{**Spec.model_config, "extra": "allow"})

    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    recipe: Annotated[str, Field(min_length=1)] | None = None
    """Another recipe to start from, relative to the file that says so; null starts from this one."""
    seeds: Seeds | None = None
    """Seeds of this cell: how many, counted from 0, or a list; null takes the sweep's."""


class Published(BaseModel):
    """Figures that others published, printed beside the measured ones."""

    model_config = Spec.model_config

    source: str
    """Where they were published."""
    scores: dict[str, dict[str, PublishedFigure]]
    """By metric and row: the mean, and its spread or null."""


class Sweep(BaseModel):
    """The variants of a recipe: cells × grid × seeds."""

    model_config = Spec.model_config

    seeds: Seeds | None = None
    """How many seeds, counted from 0, or a list; null leaves each recipe its own."""
    grid: dict[str, Annotated[tuple[JsonValue, ...], Field(min_length=1)]] = {}
    """Values by dotted key: every combination is run."""
    cells: tuple[SweepCell, ...] = ()
    """Variants one by one, each a mapping of dotted keys to values; without any, this recipe alone."""
    published: Published | None = None
    """Published figures to print beside the measured ones."""
