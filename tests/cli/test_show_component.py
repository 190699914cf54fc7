from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.component import REGISTRIES
from bvtk.registry import Registry
from bvtk.spec import Spec
from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_a_component_is_shown_with_fields_types_and_defaults(terminal: Terminal) -> None:
    found = terminal("show", "likelihood", "gaussian")
    assert found.code == 0
    assert "likelihood gaussian  built-in" in found.out
    assert "likelihood_spec.py:" in found.out
    assert "sigma  a number more than 0 or 'learned' or 'optimal'  (default 1.0)" in found.out
    facts = terminal("show", "objective", "beta_vae", "--json").json()
    assert (facts["kind"], facts["name"], facts["origin"]) == ("objective", "beta_vae", "built-in")
    assert [field["name"] for field in facts["fields"]] == ["beta"]
    assert facts["fields"][0]["default"]["type"] == "constant"
    assert facts["fields"][0]["doc"]


def test_a_plugins_component_is_shown_like_any(terminal: Terminal) -> None:
    assert terminal("init", "plugin", "mine").code == 0
    found = terminal("show", "encoder", "mine", "--json").json()
    assert found["origin"] == "plugins/mine.py"
    decorated = Path("plugins/mine.py").read_text().splitlines().index('@bvtk.register_encoder("mine")') + 1
    assert found["place"].endswith(f"mine.py:{decorated}")
    assert len(found["version"]) == 64
    assert found["fields"][0] == {
        "name": "width",
        "takes": "an integer more than 0",
        "required": False,
        "default": 64,
        "doc": "Hidden units.",
    }


def test_a_metric_says_how_to_read_it(cli):
    notes = cli.json("show", "metric", "mig")["notes"]
    assert list(notes) == ["range", "chance", "use", "weaknesses"]
    assert notes["range"] == "0 to 1"
    printed = " ".join(cli("show", "metric", "mig").stdout.split())
    assert all(f"{heading}: {text}" in printed for heading, text in notes.items())


def test_the_example_has_required_keys_or_the_first_key(terminal: Terminal) -> None:
    assert "In a recipe:  {type: linear, end: …}" in terminal("show", "schedule", "linear").out
    assert "In a recipe:  {type: gaussian, sigma: 1.0}" in terminal("show", "likelihood", "gaussian").out
    assert "In a recipe:  pixels" in terminal("show", "model", "pixels").out


class FurnitureSpec(Spec):
    """Base of all furniture."""


class Shelf(FurnitureSpec):
    """A component of a kind that no recipe contains."""


def test_a_kind_that_no_recipe_contains_is_listed_and_shown_without_an_example(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry[Shelf]("furniture")
    registry.register("shelf")(Shelf)
    monkeypatch.setitem(REGISTRIES, "furniture", registry)
    found = terminal("show", "furniture", "shelf")
    assert found.code == 0
    assert "A component of a kind that no recipe contains." in found.out
    assert "In a recipe:" not in found.out
    assert "shelf" in terminal("ls", "furniture").out
    assert not any(name.startswith("furniture") for name in terminal("schema").json()["$defs"])
