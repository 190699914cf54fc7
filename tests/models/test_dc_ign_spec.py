import pytest
from pydantic import ValidationError

from bvtk.component import dump, models, parse
from bvtk.errors import UsageError


def spec(**fields):
    return parse(models.get("dc_ign"), fields)


class Labelled:
    """A data set with factor names alone."""

    def __init__(self, *names):
        self.factor_names = names


def test_the_complete_recipe_of_a_model():
    assert dump(spec()) == {
        "type": "dc_ign",
        "latents": 10,
        "encoder": {"type": "dc_ign"},
        "decoder": {"type": "dc_ign"},
        "likelihood": {"type": "bernoulli"},
        "factors": ["scale", "x", "y", "orientation"],
    }
    assert (spec().sampler, spec().takes) == ("one_factor", {"varied"})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"latents": 3}, "4 factors need at least 4 latents, found 3"),
        ({"factors": ["x", "y", "x"]}, "factor 'x' appears 2 times"),
    ],
)
def test_factors_without_a_latent_are_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        spec(**fields)


@pytest.mark.parametrize(
    ("fields", "names", "message"),
    [
        ({}, (), "the data set has no factors"),
        ({}, ("x", "y", "scale"), "a latent for 'orientation', but the data set only has 'x', 'y', 'scale'"),
        ({"factors": ["x"], "latents": 1}, ("x", "y"), "no latent left for 'y'"),
    ],
)
def test_unsuitable_data_sets_are_refused(fields, names, message):
    with pytest.raises(UsageError, match=message):
        spec(**fields).check(Labelled(*names))


def test_data_sets_with_its_factors_are_accepted():
    spec().check(Labelled("shape", "scale", "orientation", "x", "y"))
    spec(factors=["x", "y"], latents=2).check(Labelled("x", "y"))
