import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.unsupervised_spec import Unsupervised


def test_defaults():
    assert dump(Unsupervised()) == {"type": "unsupervised", "bins": 20, "points": 10_000, "pairs": 20_000}


@pytest.mark.parametrize("fields", [{"bins": 0}, {"pairs": 0}, {"factors": 3}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(Unsupervised, fields)


def test_it_scores_data_without_factors():
    assert not Unsupervised.needs_factors
    assert Unsupervised().takes_real_factors
