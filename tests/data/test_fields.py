"""Types of fields that the specs of data sets share."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from bvtk.data.fields import PathText, one_error


@pytest.mark.parametrize("text", ["", "a\0b"])
def test_invalid_paths(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PathText).validate_python(text)


@pytest.mark.parametrize("value", ["x", [], [1], [1, "b"], None])
def test_one_error_for_a_whole_field(value: Any) -> None:
    adapter = TypeAdapter(Annotated[tuple[str, str] | int, one_error("two names or a number")])
    assert adapter.validate_python(3) == 3
    assert adapter.validate_python(["a", "b"]) == ("a", "b")
    with pytest.raises(ValidationError, match="expected two names or a number") as error:
        adapter.validate_python(value)
    assert error.value.error_count() == 1
