from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk.recipe import dump_yaml, parse_recipe, recipe_hash, resolved
from bvtk.recipe.marks import Source
from bvtk.recipe.source import compose
from bvtk.recipe.writing import lines
from tests.recipe.conftest import COMPLETE, Load
from tests.recipe.test_scalars import MEANINGS

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")).filter(lambda t: "${" not in t)
FLOATS = st.floats(0, exclude_min=True, allow_infinity=False)
WEIGHTS = st.fixed_dictionaries({"type": st.just("constant"), "value": FLOATS})
PLAIN = {
    "width": st.integers(1, 2**63 - 1),
    "mode": st.sampled_from(["fast", "slow"]),
    "sizes": st.lists(st.integers(1, 10**6)),
    "pair": st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False)),
    "scale": FLOATS | st.just("learned"),
    "label": TEXT | st.sampled_from(list(MEANINGS)),
    "flag": st.booleans(),
    "weight": WEIGHTS | FLOATS,
}
ENCODERS = st.recursive(
    st.fixed_dictionaries({"type": st.just("toy")}, optional=PLAIN),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("toy")}, optional={**PLAIN, "inner": inner, "parts": st.lists(inner, max_size=2)}
    ),
    max_leaves=4,
)
NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True).filter(lambda name: name.strip("."))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(ENCODERS, NAMES, st.integers(0, 2**63 - 1))
def test_a_written_recipe_reads_back_the_same(load: Load, encoder: Any, name: str, seed: int) -> None:
    data = {
        "name": name,
        "seed": seed,
        "dataset": "dsprites",
        "model": {"type": "vae", "encoder": encoder, "decoder": "mlp"},
        "objective": "beta_vae",
        "training": {"steps": 5},
    }
    recipe = parse_recipe(data)
    text = dump_yaml(recipe)
    assert load(text).recipe == recipe
    assert yaml.safe_load(text) == resolved(recipe)
    assert set(load(text).origins.values()).isdisjoint({"default"})


def test_a_written_recipe_is_plain_to_read(load: Load) -> None:
    text = dump_yaml(load(COMPLETE, "metrics=[mig]", "name=null-1").recipe)
    assert text.startswith("name: null-1\nseed: 0\ndataset:\n  type: dsprites\n")
    assert "    sizes: [1, 2]\n    pair: [1, 2.0]\n" in text
    assert text.endswith("metrics:\n  - type: mig\n    bins: 20\n    points: 10000\n")


def test_any_mapping_is_written_so_that_it_reads_back() -> None:
    data = {"a": {}, "b": [], "c": [{}, {"d": [[1], {"e": None}]}, 5, "x"], "on": {"1": [[], [[]]]}, "": ""}
    text = "".join(f"{line}\n" for line, _ in lines(data))
    document = compose(Source("x", text))
    assert document.problems == ()
    assert document.root.plain() == data
    assert yaml.safe_load(text) == data


def test_the_hash_is_of_what_the_recipe_says_and_not_of_how(load: Load) -> None:
    recipe = load(COMPLETE).recipe
    same = load("# a comment\nseed: 0\n" + COMPLETE.replace("{type: toy}", "toy")).recipe
    assert recipe_hash(recipe) == recipe_hash(same)
    assert len(recipe_hash(recipe)) == 10
    written_otherwise = load(COMPLETE, "model.encoder.scale=1", "model.encoder.share=5e-1").recipe
    assert recipe_hash(recipe) == recipe_hash(written_otherwise)


def test_the_hash_differs_with_seed_settings_and_plugins(load: Load) -> None:
    recipe = load(COMPLETE).recipe
    others = [load(COMPLETE, change).recipe for change in ("seed=1", "training.steps=6", "model.encoder.width=65")]
    hashes = {recipe_hash(recipe), *map(recipe_hash, others), recipe_hash(recipe, ["a"]), recipe_hash(recipe, ["b"])}
    assert len(hashes) == 6
    assert recipe_hash(recipe, ["a", "b"]) == recipe_hash(recipe, ["b", "a"])


OLD = """\
name: old
dataset: dsprites
model: {type: vae, encoder: mlp, decoder: mlp}
objective: factor_vae
training: {steps: 5}
"""


def test_keys_that_were_added_later_leave_the_hash_of_old_recipes(load: Load) -> None:
    assert recipe_hash(load(OLD).recipe) == "845e8f3cd4"
    for change in ("training.sampler=shuffled", "training.optimizer.decay_biases=false"):
        assert recipe_hash(load(OLD, change).recipe) != "845e8f3cd4"


def test_values_are_on_lines_of_their_own() -> None:
    data = {"a": 1, "b": {"c": [1, 2], "d": {}}, "e": [{"f": None}, {"g": []}]}
    assert [path for _, path in lines(data) if path] == [("a",), ("b", "c"), ("b", "d"), ("e", 0, "f"), ("e", 1, "g")]


def test_every_value_has_an_origin(load: Load) -> None:
    loaded = load(COMPLETE, "training.keep=3")
    assert list(loaded.origins) == [".".join(map(str, path)) for _, path in lines(resolved(loaded.recipe)) if path]
    assert loaded.origins["training.keep"] == "<command line>"
    assert loaded.origins["training.steps"] == "r.yaml:9:10"
    assert loaded.origins["training.log_every"] == "default"


def test_a_short_form_is_the_origin_of_what_it_is_short_for(load: Load) -> None:
    text = COMPLETE.replace("objective: beta_vae", "objective: {type: beta_vae, beta: 4}")
    origins = load(text).origins
    assert origins["model.decoder.type"] == "r.yaml:6:12"
    assert origins["model.decoder.hidden"] == "default"
    assert origins["objective.beta.type"] == origins["objective.beta.value"] == "r.yaml:7:35"
