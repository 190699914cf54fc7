import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.dci_spec import Dci


def test_defaults():
    assert dump(Dci()) == {"type": "dci", "train_points": 10_000, "test_points": 5_000, "rounds": 100}


@pytest.mark.parametrize("fields", [{"train_points": 0}, {"rounds": 0}, {"depth": 3}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(Dci, fields)
