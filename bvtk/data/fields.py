"""Types of fields that the specs of data sets share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

PathText = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$")]
"""A path: relative to the working folder, `~` for the home folder."""


def one_error(expected: str) -> WrapValidator:
    """Reports one error, what was expected, for a whole field instead of one for each part or form of it."""

    def validate(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        try:
            return handler(_tuples(value))
        except ValidationError:
            raise PydanticCustomError("field", "expected {expected}", {"expected": expected}) from None

    return WrapValidator(validate)


def _tuples(value: Any) -> Any:
    """Lists as tuples, at any depth: the handler validates Python values, and does not accept lists for tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
