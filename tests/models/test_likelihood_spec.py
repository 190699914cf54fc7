import pytest
from pydantic import ValidationError

from bvtk.component import likelihoods, parse
from bvtk.protocols import ImageShape

IMAGE = ImageShape(2, 3, 4)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [({}, 1.0), ({"sigma": 0.3}, 0.3), ({"sigma": 1}, 1.0), ({"sigma": "optimal"}, "optimal")],
)
def test_sigma_from_a_recipe(fields, wanted):
    assert parse(likelihoods.get("gaussian"), fields).build(IMAGE).sigma == wanted


@pytest.mark.parametrize("sigma", [0, -1.0, "adaptive", True, None])
def test_a_wrong_sigma_is_one_error_at_its_own_key(sigma):
    with pytest.raises(ValidationError) as caught:
        parse(likelihoods.get("gaussian"), {"sigma": sigma})
    errors = [(e["loc"], e["msg"]) for e in caught.value.errors()]
    assert errors == [(("sigma",), "expected a positive number, 'learned' or 'optimal'")]
