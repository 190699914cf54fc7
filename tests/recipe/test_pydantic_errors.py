from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bvtk.component import encoders, models, schedules
from bvtk.errors import RecipeError
from bvtk.recipe import load_recipe
from bvtk.recipe.marks import Mark, Node, Source, marked
from bvtk.recipe.pydantic_errors import describe, fix_for, message
from tests.recipe.conftest import COMPLETE, Load

Errors = Callable[..., list[str]]

KNOWN = "known: width, mode, sizes, pair, scale, share, label, flag, weight, inner, parts"
FIELDS = {
    "width: x": "width: expected an integer, found 'x'",
    "width: 1.5": "width: expected an integer, found 1.5",
    "width: true": "width: expected an integer, found true",
    "width: '3'": "width: expected an integer, found '3'",
    "width: null": "width: expected an integer, found null",
    "width: 0": "width: must be more than 0, found 0",
    "width: [1]": "width: expected an integer, found a list",
    "mode: fats": "mode: expected 'fast' or 'slow', found 'fats'",
    "mode: 1": "mode: expected 'fast' or 'slow', found 1",
    "sizes: 3": "sizes: expected a list, found 3",
    "sizes: [1, 2, x]": "sizes.2: expected an integer, found 'x'",
    "sizes: {a: 1}": "sizes: expected a list, found a mapping",
    "pair: [1]": "pair: must have more items",
    "pair: [1, 2, 3]": "pair: must have at most 2 items, found 3",
    "scale: large": "scale: expected a number more than 0 or 'learned', found 'large'",
    "scale: -1": "scale: expected a number more than 0 or 'learned', found -1",
    "scale: null": "scale: expected a number more than 0 or 'learned', found null",
    "share: 1": "share: must be less than 1, found 1",
    "share: .nan": "share: must be finite, found .nan",
    "share: -.inf": "share: must be finite, found -.inf",
    "share: 1e999": "share: must be finite, found .inf",
    "share: some": "share: expected a number, found 'some'",
    "label: 5": "label: expected text, found 5",
    "label: [a]": "label: expected text, found a list",
    "flag: yes": "flag: expected true or false, found 'yes'",
    "flag: 1": "flag: expected true or false, found 1",
    "weight: -2": "weight: must be at least 0, found -2",
    "weight: .nan": "weight: must be finite, found .nan",
    "weight: {type: linear, start: -1, end: 2}": "weight: must be at least 0, found -1 to 2",
    "weight: null": "weight: expected a schedule: its name or a mapping with 'type', or a number, found null",
    "weight: linea": "weight: unknown schedule 'linea', did you mean 'linear'?",
    "weight: constant": "weight.value: is missing and has no default",
    "weight: {typ: linear}": "weight: a schedule needs a 'type', known: SCHEDULES",
    "weight: '4'": "weight: unknown schedule '4', known: SCHEDULES",
    "inner: 5": "inner: expected an encoder: its name or a mapping with 'type', found 5",
    "inner: needy": "inner.path: is missing and has no default",
    "inner: {}": "inner: an encoder needs a 'type', known: ENCODERS",
    "inner: {type: 7}": "inner.type: an encoder needs a 'type', known: ENCODERS",
    "inner: {type: toy, inner: {type: toy, wdth: 1}}": "inner.inner.wdth: unknown key, did you mean 'width'?",
    "parts: [toy, {type: needy}]": "parts.1.path: is missing and has no default",
    "parts: [toy, nedy]": "parts.1: unknown encoder 'nedy', did you mean 'needy'?",
    "parts: toy": "parts: expected a list, found 'toy'",
    "wieght: 1": "wieght: unknown key, did you mean 'weight'?",
    "zzz: 1": "zzz: unknown key, " + KNOWN,
    '"a\\nb": 1': "a\\nb: unknown key, " + KNOWN,
}


@pytest.mark.parametrize(("field", "said"), FIELDS.items())
def test_an_invalid_field_has_a_plain_message(errors: Errors, field: str, said: str) -> None:
    (found,) = errors(COMPLETE.replace("{type: toy}", f"{{type: toy, {field}}}"))
    names = {"ENCODERS": encoders, "SCHEDULES": schedules}
    for word, registry in names.items():
        said = said.replace(word, ", ".join(registry.names()))
    assert found.split(" ", 1)[1] == f"model.encoder.{said}"


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("width: x", 31),
        ("wdth: 1", 24),
        ("sizes: [1, x]", 35),
        ("sizes: x", 31),
        ("inner: needy", 31),
        ("inner: {type: needy}", 24),
        ("inner: {type: x}", 38),
        ("inner: {}", 24),
        ("weight: {type: linear, end: -1}", 32),
        ("weight: -1", 32),
    ],
)
def test_the_place_is_the_invalid_key_or_value(errors: Errors, field: str, column: int) -> None:
    (found,) = errors(COMPLETE.replace("{type: toy}", f"{{type: toy, {field}}}"))
    assert found.startswith(f"5:{column} ")


NAME = "expected 1 to 64 letters, digits, '.', '_' and '-', and not only dots"
RECIPES = [
    ("name: toy\n", "", "1:1 name: is missing and has no default"),
    ("  steps: 5\n", "  keep: 5\n", "8:1 training.steps: is missing and has no default"),
    ("objective:", "objectve:", "7:1 objectve: unknown key, did you mean 'objective'?"),
    ("training:\n  steps: 5", "training: long", "8:11 training: expected a mapping, found 'long'"),
    ("\n  steps: 5\n", "\n", "8:10 training: expected a mapping, found null"),
    ("dsprites", "dsprite", "2:10 dataset: unknown dataset 'dsprite', did you mean 'dsprites'?"),
    ("type: vae\n  ", "", "3:1 model: a model needs a 'type', known: MODELS"),
    ("name: toy", "name: a/b", f"1:7 name: {NAME}"),
    ("name: toy", "name: ..", f"1:7 name: {NAME}"),
    ("name: toy", "name: " + "x" * 65, f"1:7 name: {NAME}"),
    ("name: toy", "name: 5", "1:7 name: expected text, found 5"),
    ("name: toy", "name: toy\nseed: -1", "2:7 seed: must be at least 0, found -1"),
    (
        "dataset: dsprites",
        "dataset: [dsprites]",
        "2:10 dataset: expected a dataset: its name or a mapping with 'type', found a list",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), RECIPES)
def test_an_invalid_recipe_has_plain_messages(errors: Errors, old: str, new: str, said: str) -> None:
    assert said.replace("MODELS", ", ".join(models.names())) in errors(COMPLETE.replace(old, new))


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("width: 3.0", "write 3"),
        ("flag: on", "write true"),
        ("flag: No", "write false"),
        ("label: 5", 'write "5" to make it text'),
        ("width: 3.5", ""),
    ],
)
def test_a_hint_says_what_to_write(load: Load, field: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(COMPLETE.replace("{type: toy}", f"{{type: toy, {field}}}"))
    assert caught.value.problems[0].hint == hint


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("{type: toy}", "{type: toy, wdth: 1}", "`bvtk show encoder toy` lists its keys."),
        ("{type: toy}", "needy", "`bvtk show encoder needy` lists its keys."),
        ("{type: toy}", "{type: tyo}", "`bvtk ls encoder` lists them."),
        ("steps: 5", "steps: 5\n  stps: 3", ""),
        (
            "objective: beta_vae",
            "objective: {type: beta_vae, beta: {type: linear}}",
            "`bvtk show schedule linear` lists its keys.",
        ),
    ],
)
def test_the_error_ends_with_a_command_that_helps(load: Load, old: str, new: str, hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(COMPLETE.replace(old, new))
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": 1}, "a mapping"),
        ([1], "a list"),
        (None, "null"),
        (True, "true"),
        (1e-9, "1.0e-09"),
        (float("nan"), ".nan"),
        ("x\x1b", "'x\\x1b'"),
        ("x" * 100, f"'{'x' * 60}…'"),
    ],
)
def test_values_are_named_as_yaml_writes_them(value: object, said: str) -> None:
    assert describe(marked(value, Mark(Source("")))) == said


@pytest.mark.parametrize(
    ("kind", "context", "said"),
    [
        ("multiple_of", {"multiple_of": 8}, "must be a multiple of 8, found 3"),
        ("less_than_equal", {"le": 0.5}, "must be at most 0.5, found 3"),
        ("string_pattern_mismatch", {"pattern": "^a"}, "must match ^a, found 3"),
        ("too_short", {"min_length": 1, "actual_length": 0}, "must have at least 1 item, found 0"),
        ("value_error", {"error": ValueError("the sun is down")}, "the sun is down"),
        ("weather", {}, "otherwise"),
        ("int", {}, "otherwise"),
        ("describe", {}, "otherwise"),
        ("slot", {"other": 1}, "otherwise"),
        ("greater_than", {}, "otherwise"),
    ],
)
def test_errors_that_a_plugin_makes_keep_their_own_words(kind: str, context: dict[str, object], said: str) -> None:
    assert message(kind, context, "3", "otherwise") == said


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("int_type", "3", "write 3 without quotes"),
        ("int_type", "x", ""),
        ("tuple_type", 8, "write [8]"),
        ("int_type", 1e300, ""),
        ("int_from_float", 3.0, "write 3"),
        ("bool_type", "maybe", ""),
        ("bool_type", "Off", "write false"),
        ("literal_error", 5, ""),
        ("string_type", 7, 'write "7" to make it text'),
    ],
)
def test_what_would_be_right_is_said_unless_it_would_be_a_guess(kind: str, value: Any, said: str) -> None:
    assert fix_for(kind, Node(value, Mark(Source("x")))) == said


def test_text_is_proposed_as_it_was_written() -> None:
    mark = Mark(Source("r.yaml", "name: 007\n"), 1, 7, 3)
    assert fix_for("string_type", Node(7, mark)) == 'write "007" to make it text'


MODEL = "dataset: dsprites\nmodel: {type: vae, encoder: mlp, decoder: mlp}\n"
WRITTEN = {
    f"name: x\nextend: y\n{MODEL}": ("extend: unknown key, did you mean 'extends'?", ""),
    f"name: x\nepochs: 10\n{MODEL}": ("epochs: unknown key, did you mean 'training.steps'?", ""),
    f"name: x\nsteps: 10\n{MODEL}": ("steps: unknown key, did you mean 'training.steps'?", ""),
    f"name: x\nbeta: 3\n{MODEL}objective: beta_vae": ("beta: unknown key, did you mean 'objective.beta'?", ""),
    f"name: x\n{MODEL}training: {{lr: 1e-3}}": ("training.lr: unknown key, did you mean 'training.optimizer.lr'?", ""),
    f"name: x\n{MODEL}objective: {{type: beta_vae, beta: four}}": (
        "objective.beta: unknown schedule 'four', known: …",
        "write a number, or a schedule",
    ),
    f"name: x\n{MODEL}objective:\n  type: beta_vae\n  beta: 4,5": (
        "objective.beta: unknown schedule '4,5', known: …",
        "decimals have a point: 4.5",
    ),
    f"name: x\n{MODEL}objective: {{type: beta_vae, beta: [1, 4]}}": (
        "objective.beta: expected a schedule: its name or a mapping with 'type', or a number, found a list",
        "to try several values, list them in `sweep.grid`",
    ),
    f"name: x\n{MODEL}training: {{optimizer: {{type: adam, lr: 0,0005}}}}": (
        "training.optimizer: a key must be text",
        "decimals have a point: 0.0005",
    ),
    "name: x\nmodel:\n  type: vae\n  latents:6\n  encoder: mlp\n": (
        ":4:3: a key without a space after its ':'",
        "write `latents: …`",
    ),
    'name: "mine\ndataset: dsprites\n': (":1:7: a quote is not closed", ""),
    'name: x\ndataset: {type: arrays, path: "C:\\Users\\me.npz"}\n': (
        ":2:36: YAML has no such escape",
        "in double quotes, write a backslash as \\\\; for a path, use single quotes or '/'",
    ),
    f"name: x\n{MODEL}metrics: mig": ("metrics: expected a list, found 'mig'", "write [mig]"),
}
"""What people write, and what they are told: the key or the place, the finding and the hint."""


@pytest.mark.parametrize("text", WRITTEN)
def test_common_mistakes_are_told_what_would_be_right(text: str, tmp_path: Path) -> None:
    (file := tmp_path / "r.yaml").write_text(text)
    with pytest.raises(RecipeError) as caught:
        load_recipe(file)
    found = [
        (re.sub(r"known: .*", "known: …", f"{at}: {p.message}"), p.hint)
        for p in caught.value.problems
        for at in (p.key, f":{p.line}:{p.column}")
    ]
    assert WRITTEN[text] in found
