"""The metadata of an exported model: JSON under one key of its safetensors file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    JsonValue,
    NonNegativeInt,
    ValidationError,
    model_validator,
)
from safetensors import SafetensorError, safe_open

from bvtk.documents import check_safetensors, parse_json
from bvtk.errors import UsageError
from bvtk.spec import Spec, first_error, parse

KEY = "bvtk"
"""The one metadata key: several would be written in random order, and the same run would give different bytes."""

FORMAT = 2
"""The format that is written. Format 1 lacks the statistics of the codes."""

FORMATS = (1, 2)
"""The formats that are read."""

_Side = Annotated[int, Field(ge=1, le=1 << 31)]


class _Required(BaseModel):
    """Required metadata. Older exports do not have the fields with defaults."""

    model_config = Spec.model_config | ConfigDict(extra="ignore")


class _Codes(_Required):
    latents: tuple[NonNegativeInt, ...]
    mean: tuple[FiniteFloat, ...]
    std: tuple[FiniteFloat, ...]
    kl: tuple[FiniteFloat, ...] | None = None

    @model_validator(mode="after")
    def _as_long_as_each_other(self) -> Self:
        if len({len(values) for values in (self.latents, self.mean, self.std, self.kl) if values is not None}) > 1:
            raise ValueError("its lists differ in length")
        return self


class _Plugin(_Required):
    source: str
    name: str
    version: str


class Metadata(_Required):
    """What an export says about its model."""

    recipe: dict[str, JsonValue]
    image_shape: tuple[_Side, _Side, _Side]
    peak: Annotated[int, Field(ge=1, le=255)]
    scores: dict[str, dict[str, JsonValue]]
    recipe_sha256: str | None = None
    factor_names: tuple[str, ...] = ()
    codes: _Codes | None = None
    plugins: tuple[_Plugin, ...] = ()


@contextmanager
def opened_export(path: Path, framework: Literal["pt", "np"]) -> Iterator[tuple[Metadata, dict[str, Any], Any]]:
    """An export's metadata, checked and as they are, and its open file; tensors are read as those of the framework.

    Raises:
        UsageError: if the file is not an export of bvtk, or it is damaged.
    """
    check_safetensors(path)
    try:
        with safe_open(path, framework=framework) as file:
            text = (file.metadata() or {}).get(KEY)
            if text is None:
                raise UsageError(f"{path} is not an export of bvtk: it has no metadata key {KEY!r}")
            found = parse_json(text)
            if not isinstance(found, dict) or found.get("format") not in FORMATS:
                expected = f"expected format {' or '.join(map(str, FORMATS))} of an export"
                raise UsageError(f"{path}: {expected}", "use the version of bvtk that wrote it")
            yield parse(Metadata, found), found, file
    except ValidationError as error:
        raise UsageError(f"{path}: its metadata are damaged: {first_error(error)}", "export the run again") from error
    except (OSError, SafetensorError, ValueError) as error:
        raise UsageError(f"{path} can't be read as safetensors: {error}", "export the run again") from error
