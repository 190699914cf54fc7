from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.recipe import load_recipe
from tests.cli.terminal import RECIPE, Terminal, terminal

__all__ = ["terminal"]

AS_IN_THE_CONTRACT = """\
r.yaml:8:5  model.encoder.hiden: unknown key, did you mean 'hidden'?
   7 |     type: burgess
   8 |     hiden: 64
     |     ^^^^^
r.yaml:12:10  training.steps: expected an integer, found 'many'
   11 | training:
   12 |   steps: many
      |          ^^^^
2 errors. `bvtk show encoder burgess` lists its keys.
"""


def test_valid_recipes_exit_with_0(terminal: Terminal) -> None:
    found = terminal("validate", "r.yaml", "r.yaml")
    assert (found.code, found.out, found.err) == (0, "r.yaml: valid\n", "")
    assert terminal("validate", "r.yaml", "--json").json() == {"errors": [], "warnings": []}


def test_errors_look_as_documented(terminal: Terminal) -> None:
    text = RECIPE.replace("{type: mlp, hidden: [8]}", "\n    type: burgess\n    hiden: 64")
    Path("r.yaml").write_text(text.replace("steps: 5", "steps: many"))
    found = terminal("validate", "r.yaml")
    assert (found.code, found.out) == (2, "")
    assert found.err == AS_IN_THE_CONTRACT


def test_all_errors_of_all_files_are_reported(terminal: Terminal) -> None:
    Path("b.yaml").write_text(RECIPE.replace("latents: 3", "latents: 0"))
    Path("c.yaml").write_text("[")
    found = terminal("validate", "r.yaml", "b.yaml", "c.yaml", "none.yaml")
    assert found.code == 2
    assert found.out == "r.yaml: valid\n"
    for place in ("b.yaml:5:12  model.latents: must be", "c.yaml:1:2  ", "none.yaml  no such file"):
        assert place in found.err
    errors = terminal("validate", "r.yaml", "b.yaml", "c.yaml", "none.yaml", "--json").json()["errors"]
    assert [error["file"] for error in errors] == ["b.yaml", "c.yaml", "none.yaml"]
    assert errors[0] == {
        "file": "b.yaml",
        "line": 5,
        "column": 12,
        "key": "model.latents",
        "message": "must be more than 0, found 0",
        "hint": "",
    }


def test_arguments_with_an_equals_sign_are_overrides_unless_they_are_files(terminal: Terminal) -> None:
    assert terminal("validate", "r.yaml", "model.latents=4").code == 0
    found = terminal("validate", "r.yaml", "model.latents=0")
    assert found.code == 2
    assert found.err.startswith("<command line>  model.latents: must be more than 0, found 0\n    | model.latents=0\n")
    Path("a=b.yaml").write_text(RECIPE)
    assert terminal("validate", "a=b.yaml").code == 0
    assert terminal("validate", "seed=1").code == 2


@pytest.mark.parametrize("name", ["[bold]x[/bold].yaml", ":smile:.yaml", "ü β.yaml"])
def test_names_are_printed_as_they_are(terminal: Terminal, name: str) -> None:
    path = Path(name.replace("/", "_"))
    path.write_text(RECIPE)
    assert terminal("validate", str(path)).out == f"{path}: valid\n"
    path.write_text(RECIPE.replace("latents", '"[red]:smile:"'))
    assert f"{path}:5:3  model.[red]:smile:: unknown key" in terminal("validate", str(path)).err


def test_validating_runs_nothing_that_a_recipe_names(terminal: Terminal) -> None:
    Path("r.yaml").write_text("name: !!python/object/apply:os.system ['touch pwned']\n" + RECIPE.split("\n", 1)[1])
    assert terminal("validate", "r.yaml").code == 2
    assert not Path("pwned").exists()


def test_a_broken_plugin_is_a_warning(terminal: Terminal) -> None:
    Path("plugins").mkdir()
    Path("plugins/bad.py").write_text("import no_such_module\n")
    found = terminal("validate", "r.yaml", "--json")
    assert found.code == 0
    assert found.json() == {"errors": [], "warnings": []}
    assert "bad.py:1" in found.err


def test_the_library_and_the_command_line_agree(terminal: Terminal) -> None:
    assert terminal("validate", "r.yaml").code == 0
    assert load_recipe("r.yaml").recipe.model.latents == 3


def test_a_file_name_with_a_line_break_forges_no_result(terminal: Terminal) -> None:
    name = "a\nr.yaml: valid\x1b[2J.yaml"
    Path(name).write_text(RECIPE)
    assert terminal("validate", name).out == r"a\nr.yaml: valid\x1b[2J.yaml: valid" + "\n"
    Path(name).write_text("[")
    assert terminal("validate", name).err.startswith(r"a\nr.yaml: valid\x1b[2J.yaml:1:2  ")


def test_an_override_longer_than_a_file_name_is_one(terminal: Terminal) -> None:
    found = terminal("validate", "r.yaml", f"name={'a' * 300}")
    assert found.code == 2
    assert "bug" not in found.err
    assert "name: " in found.err
