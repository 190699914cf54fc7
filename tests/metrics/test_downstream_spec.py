import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.downstream_spec import Downstream


def test_defaults():
    assert dump(Downstream()) == {
        "type": "downstream",
        "labels": [10, 100, 1_000, 10_000],
        "test_points": 5_000,
        "rounds": 100,
    }


@pytest.mark.parametrize("fields", [{"labels": []}, {"labels": [0]}, {"labels": 10}, {"rounds": 0}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(Downstream, fields)
