from __future__ import annotations

from pydantic_core import PydanticUndefined

from bvtk.component import encoders
from bvtk.recipe.fields import RECIPE, as_data, component_name, default_of, field_type, types_along
from bvtk.recipe.marks import Mark, Source, marked
from bvtk.recipe.schema import Recipe, Training
from tests.recipe.conftest import Needy, Toy

HERE = Mark(Source("x"))


def test_the_types_along_a_path_follow_the_components_in_the_data() -> None:
    data = {"model": {"type": "vae", "encoder": {"type": "toy", "parts": ["needy"]}}}
    model, encoder, parts, part = types_along(marked(data, HERE), ("model", "encoder", "parts", 0))[1:]
    assert [found.slot.registry.kind for found in (model, encoder, part)] == ["model", "encoder", "encoder"]
    assert parts.items == part
    node = marked(data, HERE).descend(("model", "encoder"))[-1]
    assert encoder.model_for(node) is Toy
    assert part.model_for(marked("needy", HERE)) is Needy


def test_a_path_that_leads_nowhere_has_types_without_a_class() -> None:
    found = types_along(marked({}, HERE), ("model", "none", 3, "x"))
    assert [bool(each.slot or each.model or each.items) for each in found] == [True, True, False, False, False]


def test_mappings_with_fixed_keys_and_optional_values_have_types() -> None:
    assert RECIPE.model is Recipe
    assert RECIPE.at("training", None).model is Training
    assert field_type(int | None) == field_type(str)
    assert field_type(Toy.model_fields["inner"].annotation).slot.registry is encoders


def test_words_and_numbers_name_components() -> None:
    schedule = types_along(marked({"objective": "beta_vae"}, HERE), ("objective", "beta"))[-1].slot
    assert component_name(marked(4, HERE), schedule) == "constant"
    assert component_name(marked("linear", HERE), schedule) == "linear"
    assert component_name(marked({"type": "linear"}, HERE), schedule) == "linear"
    assert component_name(marked({"type": 4}, HERE), schedule) is None
    assert component_name(None, schedule) is None


def test_defaults_are_as_in_a_recipe() -> None:
    assert default_of(Needy.model_fields["path"]) is PydanticUndefined
    assert default_of(Toy.model_fields["sizes"]) == [1, 2]
    assert default_of(Toy.model_fields["weight"]) == {"type": "constant", "value": 1.0}
    assert as_data({1: (Toy(width=3),)})["1"][0]["width"] == 3
