from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from bvtk.component import parse
from bvtk.recipe.json_schema import recipe_schema
from bvtk.recipe.marks import Source
from bvtk.recipe.source import compose
from bvtk.recipe.sweep_schema import Sweep
from tests.recipe.conftest import COMPLETE

WRITTEN = """\
sweep:
  seeds: [0, 5]
  grid: {objective.beta: [1, {type: linear, start: 0, end: 4}], model.encoder: [toy, mlp]}
  cells: [{}, {recipe: other.yaml, seeds: 2, training: {keep: 3}}]
  published: {source: a paper, scores: {mig: {toy: [0.5, 0.1], other: [1, null]}}}
"""


@pytest.mark.parametrize(
    ("old", "new", "valid"),
    [
        ("", "", True),
        ("seeds: [0, 5]", "seeds: 3", True),
        ("seeds: [0, 5]", "seeds: 0", False),
        ("seeds: [0, 5]", "seed: 3", False),
        ("[toy, mlp]", "[]", False),
        ("[toy, mlp]", "toy", False),
        ("seeds: 2", "seeds: []", False),
        ("recipe: other.yaml", "recipe: 5", False),
        ("[0.5, 0.1]", "[0.5]", False),
        ("source: a paper, ", "", False),
    ],
)
def test_the_json_schema_and_the_class_agree(old: str, new: str, valid: bool) -> None:
    root = compose(Source("r.yaml", COMPLETE + WRITTEN.replace(old, new))).root
    assert root is not None
    data = root.plain()
    assert Draft202012Validator(recipe_schema()).is_valid(data) == valid
    if valid:
        assert parse(Sweep, data["sweep"]).cells[1].recipe == "other.yaml"
    else:
        with pytest.raises(ValidationError):
            parse(Sweep, data["sweep"])


def test_every_key_has_its_text_in_the_schema() -> None:
    definitions = recipe_schema()["$defs"]
    for name in ("Sweep", "SweepCell", "Published"):
        properties = definitions[f"recipe.{name}"]["properties"]
        assert all(field["description"] for field in properties.values())
    assert definitions["recipe.Sweep"]["properties"]["grid"]["default"] == {}
