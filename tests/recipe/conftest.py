"""Toy components with fields of every form, registered for the tests of this room alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, PositiveFloat, PositiveInt

from bvtk.component import REGISTRIES, Encoder, EncoderSpec, Weight, register_encoder, schedules
from bvtk.errors import RecipeError
from bvtk.plugins import discover
from bvtk.recipe import LoadedRecipe, load_recipe
from bvtk.registry import Origin, registering

TOYS = Origin("session", "toys")

COMPLETE = """\
name: toy
dataset: dsprites
model:
  type: vae
  encoder: {type: toy}
  decoder: mlp
objective: beta_vae
training:
  steps: 5
"""


class Toy(EncoderSpec):
    """Fields of every form."""

    width: PositiveInt = 64
    """Units."""
    mode: Literal["fast", "slow"] = "fast"
    """Pace."""
    sizes: tuple[PositiveInt, ...] = (1, 2)
    """Several."""
    pair: tuple[int, float] = (1, 2.0)
    """Exactly two."""
    scale: PositiveFloat | Literal["learned"] = 1.0
    """A number or a word."""
    share: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Bounded on both sides."""
    label: str = "x"
    """Free text."""
    flag: bool = False
    """On or off."""
    weight: Weight = Field(default_factory=lambda: schedules.get("constant")(value=1.0))
    """A schedule."""
    inner: Encoder | None = None
    """Another encoder."""
    parts: tuple[Encoder, ...] = ()
    """More encoders."""

    def build(self, image: Any, outputs: int) -> Any: ...


class Needy(EncoderSpec):
    """One field without a default."""

    path: str
    """Needed."""

    def build(self, image: Any, outputs: int) -> Any: ...


@pytest.fixture(autouse=True)
def toys() -> Iterator[None]:
    """The built-in components, and the toys."""
    discover(None, installed=False)
    with registering(TOYS):
        register_encoder("toy")(Toy)
        register_encoder("needy")(Needy)
    yield
    for registry in REGISTRIES.values():
        registry.forget(TOYS)


Load = Callable[..., LoadedRecipe]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Writes a recipe as `r.yaml` in the working folder, and loads it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text: str | bytes, *overrides: str) -> LoadedRecipe:
        Path("r.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
        return load_recipe("r.yaml", overrides)

    return write_and_load


@pytest.fixture
def errors(load: Load) -> Callable[..., list[str]]:
    """What is wrong in a recipe, as `line:column key: message`, overrides as `< key: message`."""

    def found(text: str | bytes, *overrides: str) -> list[str]:
        try:
            load(text, *overrides)
        except RecipeError as error:
            return [describe(problem) for problem in error.problems]
        return []

    return found


def describe(problem: Any) -> str:
    """`12:5 model.encoder.width: message`."""
    place = "<" if problem.file == "<command line>" else f"{problem.line}:{problem.column}"
    return f"{place} {problem.key}: {problem.message}"
