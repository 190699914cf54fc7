from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bvtk.plugins import discover
from bvtk.recipe.json_schema import describe_type, expected_at, recipe_schema
from bvtk.recipe.marks import Source
from bvtk.recipe.source import compose
from tests.recipe.conftest import COMPLETE, Toy

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "recipes").rglob("*.yaml"))
Valid = Callable[[str], bool]


@pytest.fixture
def valid() -> Valid:
    schema = recipe_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)

    def check(text: str) -> bool:
        document = compose(Source("r.yaml", text))
        assert not document.problems
        assert document.root is not None
        return validator.is_valid(document.root.plain())

    return check


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("{type: toy}", "toy"),
        ("{type: toy}", "{type: toy, weight: 5, inner: toy, parts: [toy, {type: needy, path: x}]}"),
        ("{type: toy}", "{type: toy, weight: {type: linear, end: 4}, scale: learned, inner: null}"),
        ("objective: beta_vae", "objective: {type: beta_vae, beta: 4}\nmetrics: [mig, {type: mig, bins: 3}]"),
        ("name: toy\n", "extends: other.yaml\n"),
    ],
)
def test_what_loads_passes(valid: Valid, old: str, new: str) -> None:
    assert valid(COMPLETE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: toy\n", ""),
        ("name: toy", "nme: toy"),
        ("dsprites", "dsprite"),
        ("steps: 5", "keep: 5"),
        ("steps: 5", "steps: -5"),
        ("steps: 5", "steps: '5'"),
        ("steps: 5", "steps: 5\n  precision: fp8"),
        ("{type: toy}", "needy"),
        ("{type: toy}", "{type: needy}"),
        ("{type: toy}", "{width: 3}"),
        ("{type: toy}", "{type: toy, wdth: 3}"),
        ("{type: toy}", "{type: toy, weight: -5}"),
        ("{type: toy}", "{type: toy, weight: constant}"),
        ("{type: toy}", "{type: toy, parts: [x]}"),
        ("{type: toy}", "5"),
    ],
)
def test_what_is_refused_fails(valid: Valid, errors: Callable[..., list[str]], old: str, new: str) -> None:
    assert errors(COMPLETE.replace(old, new))
    assert not valid(COMPLETE.replace(old, new))


def test_a_recipe_that_extends_may_leave_out_anything_but_misspell_nothing(valid: Valid) -> None:
    assert valid("extends: a.yaml\ntraining: {keep: 3}\nmodel: {encoder: {width: 3}, latents: 4}\n")
    assert not valid("extends: a.yaml\ntraining: {kep: 3}\n")
    assert not valid("extends: a.yaml\nmodel: {encoder: {wdth: 3}}\n")
    assert not valid("extends: 5\n")


def test_the_schema_has_every_docstring_and_default() -> None:
    definitions = recipe_schema()["$defs"]
    toy = definitions["encoder.toy"]["properties"]
    assert toy["width"] == {"type": "integer", "exclusiveMinimum": 0, "default": 64, "description": "Units."}
    assert toy["weight"]["default"] == {"type": "constant", "value": 1.0}
    assert toy["type"] == {"const": "toy", "description": "Fields of every form."}
    optimizer = definitions["recipe.Training"]["properties"]["optimizer"]
    assert optimizer["default"]["type"] == "adam"
    assert "default: adam" in optimizer["description"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_shipped_recipes_pass_and_name_the_schema(path: Path) -> None:
    discover(ROOT, installed=False)
    text = path.read_text()
    document = compose(Source(path.name, text))
    assert document.root is not None
    assert list(Draft202012Validator(recipe_schema()).iter_errors(document.root.plain())) == []
    modeline = text.splitlines()[0]
    assert modeline.startswith("# yaml-language-server: $schema=")
    assert (path.parent / modeline.split("=", 1)[1]).resolve() == ROOT / "recipes" / "recipe.schema.json"


def test_the_shipped_schema_is_current(toys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails: `bvtk schema > recipes/recipe.schema.json`."""
    without_toys: Any = _without_toys(monkeypatch)
    assert json.loads((ROOT / "recipes" / "recipe.schema.json").read_text()) == without_toys


def _without_toys(monkeypatch: pytest.MonkeyPatch) -> Any:
    from bvtk.component import REGISTRIES
    from tests.recipe.conftest import TOYS

    for registry in REGISTRIES.values():
        registry.forget(TOYS)
    monkeypatch.chdir(ROOT)
    discover(Path(), installed=False)
    return recipe_schema()


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("width", "an integer more than 0"),
        ("mode", "'fast' or 'slow'"),
        ("sizes", "a list, each an integer more than 0"),
        ("pair", "a list of an integer and a number"),
        ("scale", "a number more than 0 or 'learned'"),
        ("share", "a number at least 0 and less than 1"),
        ("label", "text"),
        ("flag", "true or false"),
        ("weight", "a number at least 0, or a schedule"),
        ("inner", "an encoder or null"),
        ("parts", "a list, each an encoder"),
        ("none", ""),
    ],
)
def test_fields_are_described_in_plain_words(field: str, said: str) -> None:
    assert expected_at(Toy, field) == said


def test_what_has_no_form_takes_anything() -> None:
    assert describe_type({}) == "anything"
    assert describe_type({"$ref": "#/x"}) == "a mapping"
    assert expected_at(None, "x") == ""
