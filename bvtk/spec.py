"""Specs, the components as recipes declare them, and slots, the fields that take a component.

The fields of a spec are its keys in a recipe. What is only known at run time is passed to `build`. Importing this
module does not import torch or NumPy.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, WrapValidator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from bvtk.quantities import is_number
from bvtk.registry import Registry


class Spec(BaseModel):
    """A component as a recipe declares it: strict and frozen, every field documented."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,  # defaults are as in a recipe: a number may stand for a schedule
    )

    component: ClassVar[str] = ""
    """Its name in recipes, set when the class is registered."""

    capturable: ClassVar[bool | None] = None
    """Whether training steps with it can be recorded as a CUDA graph: every step runs the same operations on the GPU,
    independent of Python values that change. None means yes for built-in components and no for others."""

    @classmethod
    def notes(cls) -> Mapping[str, str]:
        """Further texts for `bvtk show` and the docs, by heading."""
        return {}


@dataclass(frozen=True)
class Slot:
    """Marks a field that takes any component of a registry: `Annotated[EncoderSpec, Slot(encoders)]`.

    The `type` is looked up when a recipe is validated, so plugins may register until then. The location of an error is
    the path of keys: `model.encoder.width`.

    Args:
        registry: where to look up the `type`.
        number: the component that a bare number stands for, as `{type: …, value: number}`.
        bounds: lowest and highest allowed value of a schedule.
    """

    registry: Registry[Any]
    number: str | None = None
    bounds: tuple[float, float] = field(default=(-math.inf, math.inf))

    @property
    def bounded(self) -> bool:
        """Whether the field limits the values of its schedule."""
        return self.bounds != (-math.inf, math.inf)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validation looks up the type; serialisation puts the type first."""
        return core_schema.no_info_plain_validator_function(
            self.validate,
            serialization=core_schema.plain_serializer_function_ser_schema(dump),
            metadata={"slot": self},
        )

    def validate(self, value: Any) -> Spec:
        """A component from its value in a recipe: a mapping with `type`, a name or a number."""
        spec = self._read(value)
        if self.bounded:
            self._check_bounds(spec)
        return spec

    def _read(self, value: Any) -> Spec:
        kind = self.registry.kind
        if isinstance(value, Spec):
            if value.component in self.registry and type(value) is self.registry.get(value.component):
                return value
            context = {"what": type(value).__name__, "kind": kind}
            raise PydanticCustomError("slot", "{what} is not a registered {kind}", context)
        if isinstance(value, str):
            value = {"type": value}
        elif self.number and is_number(value):
            value = {"type": self.number, "value": value}
        if not isinstance(value, dict):
            expected = f"a {kind}: its name or a mapping with 'type'" + (", or a number" if self.number else "")
            raise PydanticCustomError("slot", "expected {expected}", {"expected": expected})
        name = value.get("type")
        if not isinstance(name, str):
            raise PydanticCustomError(
                "slot_type",
                "a {kind} needs a 'type', {known}",
                {"kind": kind, "known": self.registry.suggest("")},
            )
        if name not in self.registry:
            raise PydanticCustomError(
                "slot_type",
                "unknown {kind} '{name}', {known}",
                {"kind": kind, "name": name, "known": self.registry.suggest(name)},
            )
        fields = {key: item for key, item in value.items() if key != "type"}
        spec: Spec = parse(self.registry.get(name), fields)
        return spec

    def _check_bounds(self, spec: Spec) -> None:
        (least, most), (low, high) = self.bounds, spec.bounds()  # type: ignore[attr-defined]
        if low < least or high > most:
            wanted = f"at least {least:g}" if math.isinf(most) else f"between {least:g} and {most:g}"
            found = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            context = {"wanted": wanted, "found": found}
            raise PydanticCustomError("slot_bounds", "must be {wanted}, found {found}", context)


M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], data: Mapping[str, Any]) -> M:
    """Validates data from YAML: strict, except that a list becomes a tuple.

    Raises:
        pydantic.ValidationError: with every error in the data.
    """
    return model.model_validate_json(json.dumps(data), strict=True)


def first_error(error: ValidationError) -> str:
    """The place of the first error, and what is wrong there."""
    first = error.errors()[0]
    return ": ".join(filter(None, (".".join(map(str, first["loc"])), first["msg"])))


def dump(spec: Spec) -> dict[str, Any]:
    """The complete mapping of this component in a recipe, `type` first."""
    return {"type": spec.component} | spec.model_dump(mode="json")


def one_error(expected: str) -> WrapValidator:
    """Reports one error, what was expected, for a whole field instead of one for each part or form of it."""

    def checked(value: Any, validate: Callable[[Any], Any]) -> Any:
        try:
            return validate(_tuples(value))
        except ValidationError:
            context = {"expected": expected} | ({"found": json.dumps(value)} if isinstance(value, list) else {})
            raise PydanticCustomError("form", "expected {expected}", context) from None

    return WrapValidator(checked)


def _tuples(value: Any) -> Any:
    """Lists as tuples, at any depth: validators of Python values do not accept lists for tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
