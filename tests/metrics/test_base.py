import pytest
from pydantic import TypeAdapter, ValidationError

from bvtk.metrics.base import LIMIT, Limited


def test_numbers_are_positive_and_limited():
    adapter = TypeAdapter(Limited)
    assert [adapter.validate_python(n) for n in (1, LIMIT)] == [1, LIMIT]
    for wrong in (0, LIMIT + 1):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)
