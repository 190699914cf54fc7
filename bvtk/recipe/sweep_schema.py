"""The classes of a recipe's `sweep`: the variants to run, and published figures to compare with."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, NonNegativeInt, PositiveInt

from bvtk.component import Spec, one_error

Seeds = Annotated[
    PositiveInt | Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)],
    one_error("a number of seeds, at least 1, or a list of seeds, each at least 0"),
]
"""The number of seeds, which then count from 0, or a list of seeds."""

PublishedFigure = Annotated[tuple[float, float | None], one_error("[mean, spread], with null for an unknown spread")]
"""A mean and its spread."""


class SweepCell(BaseModel):
    """One variant: overrides as on the command line, and the recipe that they apply to."""

    model_config = ConfigDict(**{**Spec.model_config, "extra": "allow"})

    __pydantic_extra__: dict[str, JsonValue] = Field(init=False)

    recipe: Annotated[str, Field(min_length=1)] | None = None
    """Another recipe to start from, relative to this file; null starts from this one."""
    seeds: Seeds | None = None
    """Seeds of this cell: their number, counting from 0, or a list; null uses those of the sweep."""


class Published(BaseModel):
    """Published figures, shown beside the measured ones."""

    model_config = Spec.model_config

    source: str
    """Where they were published."""
    scores: dict[str, dict[str, PublishedFigure]]
    """By metric and row: [mean, spread], with null for an unknown spread."""


class Sweep(BaseModel):
    """The variants of a recipe: cells × grid × seeds."""

    model_config = Spec.model_config

    seeds: Seeds | None = None
    """Number of seeds, counting from 0, or a list; null keeps the seed of each recipe."""
    grid: dict[str, Annotated[tuple[JsonValue, ...], Field(min_length=1)]] = {}
    """Lists of values by dotted key; all combinations are run."""
    cells: tuple[SweepCell, ...] = ()
    """Single variants, each a mapping of dotted keys to values; if empty, only this recipe."""
    published: Published | None = None
    """Published figures to show beside the measured ones."""
