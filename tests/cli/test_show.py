from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


def test_a_recipe_is_complete_with_origins_in_one_column(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "seed=3")
    assert found.code == 0
    lines = found.out.splitlines()
    comments = [line.index("#") for line in lines if "#" in line]
    assert len(set(comments)) == 1
    assert lines[0].split() == ["name:", "toy", "#", "r.yaml:1:7"]
    assert lines[1].split() == ["seed:", "3", "#", "<command", "line>"]
    assert "batch_size: 64" in found.out
    assert "# default" in found.out


def test_what_is_shown_is_a_recipe_again(terminal: Terminal) -> None:
    shown = terminal("show", "r.yaml").out
    Path("shown.yaml").write_text(shown)
    as_json = terminal("show", "shown.yaml", "--json").json()
    assert as_json["recipe"] == terminal("show", "r.yaml", "--json").json()["recipe"] == yaml.safe_load(shown)
    assert "default" not in as_json["origins"].values()


def test_json_names_the_origin_of_each_value(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "objective.beta=8", "--json").json()
    assert found["recipe"]["objective"] == {"type": "beta_vae", "beta": {"type": "constant", "value": 8.0}}
    assert found["origins"]["objective.beta.value"] == "<command line>"
    assert found["origins"]["model.encoder.hidden"] == "r.yaml:6:32"


def test_a_wrong_recipe_exits_with_2(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "model.latent=8", "--json")
    assert (found.code, found.out) == (2, "")
    assert "did you mean 'latents'?" in found.err


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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("encoder",), "expected the name of one encoder, found 0"),
        (("encoder", "mlp", "conv"), "expected the name of one encoder, found 2"),
        (("encoder", "mpl"), "did you mean 'mlp'?"),
        (("encoder", "mlp", "--layers"), "--layers is for recipes"),
        (("none.yaml",), "no such file"),
    ],
)
def test_what_can_not_be_shown(terminal: Terminal, arguments: tuple[str, ...], said: str) -> None:
    found = terminal("show", *arguments)
    assert found.code == 2
    assert said in found.err


def test_layers_have_shapes_and_parameters(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "--layers")
    encoder = 4096 * 8 + 8 + 8 * 6 + 6
    assert found.code == 0
    assert "images 1×64×64" in found.out
    assert f"encoder {encoder:,}" in found.out
    layers = terminal("show", "r.yaml", "--layers", "--json").json()["layers"]
    assert layers["image"] == [1, 64, 64]
    assert layers["parts"]["encoder"] == encoder
    assert sum(row["parameters"] for row in layers["rows"]) == layers["parameters"]


def test_a_metric_says_how_to_read_it(cli):
    notes = cli.json("show", "metric", "mig")["notes"]
    assert list(notes) == ["range", "chance", "use", "weaknesses"]
    assert notes["range"] == "0 to 1"
    printed = " ".join(cli("show", "metric", "mig").stdout.split())
    assert all(f"{heading}: {text}" in printed for heading, text in notes.items())
