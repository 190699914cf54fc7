import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.mig_spec import Mig


def test_defaults():
    assert dump(Mig()) == {"type": "mig", "bins": 20, "points": 10_000}


@pytest.mark.parametrize("fields", [{"bins": 0}, {"bins": 10_001}, {"points": 0}, {"bin": 20}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(Mig, fields)
