import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.beta_vae_score_spec import BetaVaeScore


def test_defaults():
    assert dump(BetaVaeScore()) == {
        "type": "beta_vae_score",
        "protocol": "paper",
        "pairs": None,
        "train_points": 10_000,
        "test_points": 5_000,
        "classifiers": 3,
    }


@pytest.mark.parametrize("fields", [{"protocol": "dlbi"}, {"pairs": 0}, {"pairs": "64"}, {"seeds": 3}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(BetaVaeScore, fields)


@pytest.mark.parametrize(("fields", "pairs"), [({}, 200), ({"protocol": "dlib"}, 64), ({"pairs": 5}, 5)])
def test_the_protocol_sets_the_pairs(fields, pairs):
    assert BetaVaeScore(**fields).build().keywords["pairs"] == pairs
