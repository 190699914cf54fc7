"""What a recipe's `sweep` says: which variants of the recipe are run, and what was published of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue, NonNegativeInt, PositiveInt

from bvtk.component import Spec

Seeds = PositiveInt | Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)]
"""How many seeds, counted from 0, or which."""


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
    scores: dict[str, dict[str, tuple[float, float | None]]]
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
