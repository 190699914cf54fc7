import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.irs_spec import Irs


def test_defaults():
    assert dump(Irs()) == {"type": "irs", "quantile": 0.99, "points": 10_000}


@pytest.mark.parametrize("fields", [{"quantile": 0}, {"quantile": 1.01}, {"points": 0}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(Irs, fields)
