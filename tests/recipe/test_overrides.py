from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.recipe.conftest import COMPLETE, Load

Errors = Callable[..., list[str]]
WITH_METRICS = COMPLETE + "metrics: [mig, {type: beta_vae_score, pairs: 9}]\n"


def test_the_last_override_of_a_key_wins_and_says_where_it_came_from(load: Load) -> None:
    loaded = load(COMPLETE, "seed=1", "seed=2", "name=a=b".replace("=b", "-b"))
    assert (loaded.recipe.seed, loaded.recipe.name) == (2, "a-b")
    assert loaded.origins["seed"] == "<command line>"
    assert loaded.origins["training.steps"] == "r.yaml:9:10"


def test_values_are_read_by_the_rules_of_files(load: Load) -> None:
    def label(text: str) -> object:
        return load(COMPLETE, f"model.encoder.label={text}").recipe.model.encoder.label

    assert label("on") == "on"
    assert label("a=b") == "a=b"
    assert label("'5'") == "5"
    assert label("x # comment") == "x"
    assert load(COMPLETE, "model.encoder.scale=5e-4").recipe.model.encoder.scale == 5e-4
    assert load(COMPLETE, "model.encoder.sizes=[4, 5]").recipe.model.encoder.sizes == (4, 5)
    assert load(COMPLETE, "training={keep: 3}").recipe.training.steps == 5


def test_bare_words_are_opened(load: Load) -> None:
    text = COMPLETE.replace("{type: toy}", "toy")
    loaded = load(text, "model.encoder.width=7")
    assert loaded.recipe.model.encoder.width == 7
    assert loaded.origins["model.encoder.type"] == "r.yaml:5:12"
    assert loaded.origins["model.encoder.width"] == "<command line>"


def test_a_changed_type_drops_its_siblings_by_either_spelling(load: Load) -> None:
    text = COMPLETE.replace("{type: toy}", "{type: toy, width: 8}")
    for override in ("model.encoder=mlp", "model.encoder.type=mlp", "model.encoder={type: mlp}"):
        assert load(text, override).recipe.model.encoder.component == "mlp"
    assert load(text, "model.encoder=toy").recipe.model.encoder.width == 8
    assert load(text, "model.encoder=mlp", "model.encoder.hidden=[3]").recipe.model.encoder.hidden == (3,)


def test_a_number_gives_way_to_a_schedule_and_back(load: Load) -> None:
    text = COMPLETE.replace(
        "objective: beta_vae", "objective: {type: beta_vae, beta: {type: linear, end: 4, steps: 9}}"
    )
    assert load(text, "objective.beta=8").recipe.objective.beta.value == 8
    assert load(text, "objective.beta.end=8").recipe.objective.beta.end == 8
    assert load(text, "objective.beta=8", "objective.beta.value=9").recipe.objective.beta.value == 9
    assert load(text, "objective.beta=8", "objective.beta={type: cosine, end: 2}").recipe.objective.beta.end == 2


def test_items_of_lists_go_by_number(load: Load) -> None:
    loaded = load(WITH_METRICS, "metrics.1.protocol=dlib", "metrics.0.bins=5")
    assert (loaded.recipe.metrics[0].bins, loaded.recipe.metrics[1].protocol) == (5, "dlib")
    assert loaded.recipe.metrics[1].pairs == 9
    assert loaded.origins["metrics.1.protocol"] == "<command line>"
    assert loaded.origins["metrics.1.pairs"] == "r.yaml:10:46"
    assert load(COMPLETE, "model.encoder.sizes.1=7").recipe.model.encoder.sizes == (1, 7)


def test_part_of_a_default_may_change(load: Load) -> None:
    loaded = load(COMPLETE, "training.optimizer.lr=0.1", "model.encoder.weight.value=3")
    assert loaded.recipe.training.optimizer.component == "adam"
    assert loaded.recipe.training.optimizer.lr.value == 0.1
    assert loaded.recipe.model.encoder.weight.value == 3
    assert loaded.origins["training.optimizer.type"] == "default"
    assert loaded.origins["training.optimizer.lr.value"] == "<command line>"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("seed", "< : 'seed' is not an override"),
        ("=5", "< : '=5' is not an override"),
        ("a..b=5", "< : 'a..b=5' is not an override"),
        (".a=5", "< : '.a=5' is not an override"),
        ("", "< : '' is not an override"),
        ("seed=[1", "< seed: a '{' or '[' is not closed, or a ',' is missing"),
        ("seed=*x", "< seed: aliases are not allowed in recipes"),
        ("name=${x}", "< name: '${…}' is not supported"),
        ("seed=!!int 5", "< seed: tags are not allowed in recipes"),
        ("seed=-1", "< seed: must be at least 0, found -1"),
        ("seed=1e3", "< seed: expected an integer, found 1000.0"),
        ("seed=", "< seed: expected an integer, found null"),
        ("sed=1", "< sed: unknown key, did you mean 'seed'?"),
        ("model.encoder.widht=1", "< model.encoder.widht: unknown key, did you mean 'width'?"),
        ("model.encoder=tey", "< model.encoder.type: unknown encoder 'tey', did you mean 'toy'?"),
        ("model.encoder.type=tey", "< model.encoder.type: unknown encoder 'tey', did you mean 'toy'?"),
        ("metrics.2=mig", "< metrics.2: metrics is a list: expected a position from 0 to 1, found '2'"),
        ("metrics.x.bins=3", "< metrics.x.bins: metrics is a list: expected a position from 0 to 1, found 'x'"),
        ("metrics.-1=mig", "< metrics.-1: metrics is a list: expected a position from 0 to 1, found '-1'"),
        ("metrics.0.bins=0", "< metrics.0.bins: must be more than 0, found 0"),
        ("extends=other.yaml", "< extends: can't be overridden"),
        ("a\udcff=5", "< a\\udcff: this character is not allowed in a key"),
        ("name=a\udcff", "< name: this character is not allowed in a recipe"),
        ("training=5", "< training: expected a mapping, found 5"),
        (".".join("a" * 51) + "=5", "< : a key of more than 50 parts"),
        ("seed.x=5", "< seed: expected an integer, found a mapping"),
    ],
)
def test_bad_overrides_are_refused_by_name(errors: Errors, override: str, said: str) -> None:
    assert said in errors(WITH_METRICS, override)


def test_a_missing_key_has_its_place_in_the_file_even_beside_overrides(errors: Errors) -> None:
    text = COMPLETE.replace("steps: 5", "keep: 5")
    assert errors(text, "training.keep=3") == ["8:1 training.steps: is missing and has no default"]
    assert errors(text, "training.steps=3") == []


def test_errors_of_the_file_come_before_those_of_overrides(errors: Errors) -> None:
    found = errors(COMPLETE.replace("steps: 5", "steps: x"), "sed=1", "objective.bet=3")
    assert [error.split(":")[0] for error in found] == ["9", "< objective.bet", "< sed"]
