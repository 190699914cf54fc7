from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.component import REGISTRIES
from tests.cli.terminal import Terminal, terminal

__all__ = ["terminal"]


@pytest.mark.parametrize("name", ["first", "null", "1e3", "on", "a.b-c_d", "007"])
def test_a_starter_recipe_is_valid_and_has_its_name(terminal: Terminal, name: str) -> None:
    found = terminal("init", "recipe", name)
    assert found.out == f"Wrote recipes/{name}.yaml\n\nTry next:\n  bvtk run recipes/{name}.yaml\n"
    assert terminal("validate", f"recipes/{name}.yaml").code == 0
    assert terminal("show", f"recipes/{name}.yaml", "--json").json()["recipe"]["name"] == name


def test_a_recipe_is_written_by_default(terminal: Terminal) -> None:
    assert terminal("init", "mine", "--json").json() == {"file": "recipes/mine.yaml"}
    assert terminal("init", "recipe", "mine2.yaml", "--json").json() == {"file": "recipes/mine2.yaml"}


def test_a_starter_plugin_passes_its_own_check(terminal: Terminal) -> None:
    assert terminal("init", "plugin", "my_encoder").code == 0
    assert "class MyEncoder(" in Path("plugins/my_encoder.py").read_text()
    found = terminal("check-plugin", "plugins/my_encoder.py")
    assert found.code == 0, found.out
    assert terminal("validate", "r.yaml", "model.encoder={type: my_encoder, width: 3}").code == 0


USES = {
    "encoder": "model.encoder=mine",
    "decoder": "model.decoder=mine",
    "likelihood": "model.likelihood=mine",
    "model": "model.type=mine",
    "objective": "objective=mine",
    "schedule": "objective.beta={type: mine, start: 8, end: 1}",
    "optimizer": "training.optimizer=mine",
    "sampler": "training.sampler=mine",
    "dataset": "dataset=mine",
    "metric": "metrics=[mine]",
}
"""What makes a recipe use a component `mine`, by kind."""


@pytest.mark.parametrize("kind", [*USES, "launcher"])
def test_a_starter_of_every_kind_passes_its_check_and_works(terminal: Terminal, workplace: Path, kind: str) -> None:
    assert terminal("init", "plugin", "mine", "--kind", kind).code == 0
    found = terminal("check-plugin", "plugins/mine.py")
    assert found.code == 0, found.out
    assert "mine" in terminal("ls", kind).out
    if kind == "launcher":  # its check runs programs with it
        return
    overrides = ("training.steps=2", "metrics=[]", USES[kind])
    if kind == "model":  # a changed type drops the other keys
        overrides += ("model.encoder=mlp", "model.decoder=mlp")
    made = terminal("evaluate", "tiny.yaml", *overrides, "--json")
    assert made.code == 0, made.err
    assert kind != "metric" or made.json()["scores"]["mine"]["by_factor"].keys() == {"size", "x", "y"}


def test_every_kind_has_a_starter(terminal: Terminal) -> None:
    assert {*USES, "launcher"} == set(REGISTRIES)
    unknown = terminal("init", "plugin", "mine", "--kind", "metrics")
    assert unknown.code == 2
    assert "unknown kind of component 'metrics', did you mean 'metric'?" in unknown.err


def test_a_recipe_extends_a_shipped_one(terminal: Terminal) -> None:
    assert terminal("init", "recipe", "mine", "--from", "paper/table").code == 0
    assert terminal("show", "recipes/mine.yaml", "--json").json()["recipe"]["name"] == "mine"
    assert terminal("sweep", "recipes/mine.yaml", "--dry-run").out.endswith("17 cells: 17 waiting\n")
    for arguments in (("recipe", "other", "--from", "paper/betavae"), ("plugin", "other", "--from", "paper/vae")):
        refused = terminal("init", *arguments)
        assert (refused.code, "unknown recipe" in refused.err) == (2, True)
    assert "did you mean 'paper/beta_vae'?" in terminal("init", "x", "--from", "paper/betavae").err


def test_nothing_is_overwritten(terminal: Terminal) -> None:
    terminal("init", "recipe", "mine")
    Path("recipes/mine.yaml").write_text("precious")
    found = terminal("init", "recipe", "mine")
    assert found.code == 2
    assert "recipes/mine.yaml already exists" in found.err
    assert Path("recipes/mine.yaml").read_text() == "precious"


def test_a_dangling_link_is_not_written_through(terminal: Terminal, tmp_path: Path) -> None:
    Path("recipes").mkdir()
    Path("recipes/mine.yaml").symlink_to(tmp_path / "elsewhere")
    assert terminal("init", "recipe", "mine").code == 2
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["..", "...", "a/b", "../x", "", "a b", "x" * 65, "a\nb", "ü"])
def test_unsafe_names_are_refused(terminal: Terminal, name: str) -> None:
    for kind in ("recipe", "plugin"):
        assert terminal("init", kind, name).code == 2
    assert sorted(path.name for path in Path().iterdir()) == ["r.yaml"]


@pytest.mark.parametrize("name", ["my-encoder", "1st", "a.b", "-x"])
def test_names_of_plugins_are_python_names(terminal: Terminal, name: str) -> None:
    assert terminal("init", "plugin", "--", name).code == 2


@pytest.mark.parametrize("arguments", [("recipe",), ("plugin",), ("recipes", "x"), ("recipe", "a", "b"), ()])
def test_other_arguments_are_errors(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal("init", *arguments).code == 2


def test_a_folder_that_can_not_be_written_is_an_error(terminal: Terminal) -> None:
    Path("recipes").write_text("a file")
    found = terminal("init", "recipe", "mine")
    assert found.code == 2
    assert "error" in found.err
