import pytest
from pydantic import ValidationError

from bvtk.component import dump, parse
from bvtk.metrics.modularity_explicitness_spec import ModularityExplicitness


def test_defaults():
    assert dump(ModularityExplicitness()) == {
        "type": "modularity_explicitness",
        "bins": 20,
        "factor_bins": None,
        "points": 10_000,
        "test_points": 5_000,
    }


@pytest.mark.parametrize("fields", [{"bins": 0}, {"factor_bins": 0}, {"test_points": 0}])
def test_wrong_fields(fields):
    with pytest.raises(ValidationError):
        parse(ModularityExplicitness, fields)


def test_real_factors_are_for_bins():
    assert ModularityExplicitness(factor_bins=20).takes_real_factors
    assert not ModularityExplicitness().takes_real_factors
