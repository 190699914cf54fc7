import pytest
from pydantic import ValidationError

from bvtk.component import dump, models, parse


def test_the_complete_recipe_of_a_model():
    fields = {"latents": 10, "images": 50_000, "iterations": 200, "unit": "variance"}
    assert dump(parse(models.get("ica"), {})) == {"type": "ica", **fields}


@pytest.mark.parametrize("fields", [{"latents": 0}, {"iterations": 0}, {"unit": "median"}, {"whiten": True}])
def test_wrong_fields_are_refused(fields):
    with pytest.raises(ValidationError):
        parse(models.get("ica"), fields)
