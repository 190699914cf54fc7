from __future__ import annotations

import pytest
from pydantic import ValidationError

from bvtk.component import dump, models, parse


@pytest.mark.parametrize(
    ("name", "fields"), [("pca", {"whiten": False}), ("ica", {"iterations": 200, "unit": "variance"})]
)
def test_the_complete_recipe_of_a_model(name, fields):
    complete = {"type": name, "latents": 10, "images": 50_000, **fields}
    assert dump(parse(models.get(name), {})) == complete


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        *(("pca", fields) for fields in ({"latents": 0}, {"images": 0}, {"whiten": 1}, {"iterations": 5})),
        *(("ica", fields) for fields in ({"latents": 0}, {"iterations": 0}, {"unit": "median"}, {"whiten": True})),
    ],
)
def test_wrong_fields_are_refused(name, fields):
    with pytest.raises(ValidationError):
        parse(models.get(name), fields)
