import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.infomec_spec import InfoMec


def test_defaults():
    assert dump(InfoMec()) == {
        "type": "infomec",
        "neighbours": 10,
        "continuous_factors": False,
        "points": 10_000,
        "test_points": 5_000,
    }


@pytest.mark.parametrize("fields", [{"neighbours": 0}, {"continuous_factors": "yes"}, {"points": 0}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(InfoMec, fields)


def test_real_factors_are_for_continuous_factors():
    assert InfoMec(continuous_factors=True).takes_real_factors
    assert not InfoMec().takes_real_factors
