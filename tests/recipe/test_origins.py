from __future__ import annotations

from bvtk.recipe.origins import leaves, resolved
from tests.recipe.conftest import COMPLETE, Load


def test_leaves_are_the_values_on_lines_of_their_own() -> None:
    data = {"a": 1, "b": {"c": [1, 2], "d": {}}, "e": [{"f": None}, {"g": []}]}
    assert list(leaves(data)) == [
        (("a",), 1),
        (("b", "c"), [1, 2]),
        (("b", "d"), {}),
        (("e", 0, "f"), None),
        (("e", 1, "g"), []),
    ]


def test_every_value_has_an_origin(load: Load) -> None:
    loaded = load(COMPLETE, "training.keep=3")
    assert list(loaded.origins) == [".".join(map(str, path)) for path, _ in leaves(resolved(loaded.recipe))]
    assert loaded.origins["training.keep"] == "<command line>"
    assert loaded.origins["training.steps"] == "r.yaml:9:10"
    assert loaded.origins["training.log_every"] == "default"


def test_a_short_form_is_the_origin_of_what_it_is_short_for(load: Load) -> None:
    text = COMPLETE.replace("objective: beta_vae", "objective: {type: beta_vae, beta: 4}")
    origins = load(text).origins
    assert origins["model.decoder.type"] == "r.yaml:6:12"
    assert origins["model.decoder.hidden"] == "default"
    assert origins["objective.beta.type"] == origins["objective.beta.value"] == "r.yaml:7:35"
