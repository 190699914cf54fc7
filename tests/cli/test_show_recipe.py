from __future__ import annotations

from pathlib import Path

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
    assert found.code == 2
    assert [problem["key"] for problem in found.json()["error"]["problems"]] == ["model.latent"]
    assert "did you mean 'latents'?" in found.err


def test_a_recipe_with_a_sweep_says_how_many_cells_it_has(terminal: Terminal) -> None:
    found = terminal("show", "r.yaml", "sweep.seeds=3")
    assert found.out.endswith("# sweep: 3 cells. List them with `bvtk sweep r.yaml --dry-run`.\n")
    assert terminal("show", "r.yaml", "sweep.seeds=3", "--json").json()["cells"] == 3


def test_the_sampler_that_the_model_chooses_is_named(terminal: Terminal) -> None:
    assert "  sampler: null" in (found := terminal("show", "r.yaml")).out
    assert "# default: shuffled" in found.out
    assert "# default: shuffled" not in terminal("show", "r.yaml", "training.sampler=shuffled").out


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


def test_models_that_are_fitted_list_their_arrays(terminal: Terminal) -> None:
    changes = ("model={type: pca, latents: 3}", "objective=null", "training={steps: 0}")
    found = terminal("show", "r.yaml", *changes, "--layers")
    assert found.code == 0
    assert "encoder_weight  buffer  3×4096" in " ".join(found.out.split()).replace(" ", "  ")
