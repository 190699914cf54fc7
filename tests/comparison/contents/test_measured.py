from bvtk.comparison.contents.measured import Measured, completed, curves_of, facts_of
from bvtk.plugins import discover
from bvtk.recipe import parse_recipe, resolved


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
