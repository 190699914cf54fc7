import pytest
from pydantic import ValidationError

from bvtk.component import dump, models, parse


def test_the_complete_recipe_of_a_model():
    assert dump(parse(models.get("pca"), {})) == {"type": "pca", "latents": 10, "images": 50_000, "whiten": False}


@pytest.mark.parametrize("fields", [{"latents": 0}, {"images": 0}, {"whiten": 1}, {"iterations": 5}])
def test_wrong_fields_are_refused(fields):
    with pytest.raises(ValidationError):
        parse(models.get("pca"), fields)
