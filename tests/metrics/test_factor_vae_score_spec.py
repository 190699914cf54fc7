import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.factor_vae_score_spec import FactorVaeScore


def test_defaults():
    assert dump(FactorVaeScore()) == {
        "type": "factor_vae_score",
        "batch": 64,
        "train_votes": 10_000,
        "test_votes": 5_000,
        "least_deviation": 0.05,
    }


@pytest.mark.parametrize("fields", [{"batch": 1}, {"batch": 10_001}, {"train_votes": 0}, {"least_deviation": -0.1}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(FactorVaeScore, fields)
