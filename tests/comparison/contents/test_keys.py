from __future__ import annotations

import pytest

from bvtk.comparison.contents.keys import Measured, canonical, completed, curves_of, facts_of, find_key, leaves, text_of
from bvtk.errors import UsageError
from bvtk.plugins import discover
from bvtk.recipe import parse_recipe, resolved
from tests.comparison.tables import measured


def test_curves_come_from_the_evaluations_during_training():
    evaluations = [
        {"step": 5, "scores": {"mig": {"score": 0.1}, "squared_error": {"per_pixel": 2.0}}},
        {"step": 10, "scores": {"mig": {"score": 0.3}}},
        {"step": 15},
    ]
    assert curves_of(evaluations) == {"mig": ((5, 0.1), (10, 0.3))}


def test_the_last_logged_values_count():
    log = [{"step": 1, "beta": 0.0}, {"step": 2, "beta": 4.0, "beta_norm": 0.1}, {"step": 3, "beta": None}]
    assert facts_of(log) == {"beta": 4.0, "beta_norm": 0.1}
    assert facts_of([{"step": 1, "loss": 2.0}]) == {}


def test_a_run_without_a_recipe_has_its_own_name():
    assert Measured("theirs", {}, {}).name == "theirs"
    assert Measured("x-1", {"name": "x"}, {}).name == "x"


def test_recipes_get_the_defaults_of_newer_fields():
    discover(None)
    recipe = {"name": "a", "dataset": "dsprites", "model": "pca"}
    assert completed(recipe) == resolved(parse_recipe(recipe))
    unknown = {"name": "a", "dataset": "dsprites", "model": "of_a_plugin"}
    assert completed(unknown) == unknown


RUNS = [measured(), measured("other", beta=1.0, model={"latents": 5, "encoder": {"type": "mlp", "hidden": [8, 4]}})]


@pytest.mark.parametrize(
    ("text", "full", "values"),
    [
        ("mig", "mig", [0.1, 0.1]),
        ("kl", "held_out.kl", [16.0, 19.0]),
        ("latents", "model.latents", [10, 5]),
        ("objective.beta", "objective.beta", [4.0, 1.0]),
        ("hidden.1", "model.encoder.hidden.1", [None, 4]),
        ("beta_norm", "beta_norm", [0.00976562, 0.00244141]),
    ],
)
def test_a_key_is_found_by_its_end(text, full, values):
    key = find_key(text, RUNS)
    assert key.text == full
    assert [key.of(run) for run in RUNS] == values


def test_only_a_headline_score_has_a_metric():
    assert find_key("mig", RUNS).metric == "mig"
    assert [find_key(text, RUNS).metric for text in ("held_out.kl", "name", "beta_norm")] == [None] * 3


@pytest.mark.parametrize(
    ("text", "message"), [("value", "no run has the key"), ("latent", "did you mean 'latents'"), ("sap", "metrics: ")]
)
def test_an_unknown_key_is_refused(text, message):
    runs = [measured(objective={"beta": 3})]
    with pytest.raises(UsageError, match=message):
        find_key(text, runs)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4.0, "4"),
        ("burgess", "burgess"),
        ({"type": "burgess"}, "burgess"),
        ({"type": "constant", "value": 2.5}, "2.5"),
        ({"type": "linear", "end": 4}, "{type: linear, end: 4}"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_values_are_written_as_in_a_recipe(value, text):
    assert text_of(value) == text


def test_leaves_are_scalars_and_lists_of_them():
    recipe = {"a": {"type": "constant", "value": 1}, "b": [1, 2], "c": [{"d": 3}], "e": {}}
    assert dict(leaves(recipe)) == {("a",): 1, ("b",): [1, 2], ("c", "0", "d"): 3, ("e",): {}}


def test_equal_values_have_the_same_canonical_text():
    assert canonical({"a": 4.0, "b": [1]}) == canonical({"b": [1.0], "a": 4})
    assert canonical(4.5) != canonical(4)
