import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.sap_spec import Sap


def test_defaults():
    assert dump(Sap()) == {"type": "sap", "continuous_factors": False, "train_points": 10_000, "test_points": 5_000}


@pytest.mark.parametrize("fields", [{"continuous_factors": 1}, {"train_points": 0}, {"test_points": "5"}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(Sap, fields)


def test_real_factors_are_for_continuous_factors():
    assert Sap(continuous_factors=True).takes_real_factors
    assert not Sap().takes_real_factors
