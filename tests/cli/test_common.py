from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.cli.common import load_plugins, print_error, print_json
from bvtk.errors import Problem, RecipeError, UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_plugin_that_can_not_be_imported_is_a_warning(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plugins").mkdir()
    (folder / "plugins" / "bad.py").write_text("import [red]\n")
    assert len(load_plugins().broken) == 1
    assert capsys.readouterr().err.startswith("warning: plugin plugins/bad.py could not be imported: ")
    assert load_plugins(no_plugins=True).broken == ()
    assert capsys.readouterr().err == ""


def test_an_error_is_printed_with_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    print_error(UsageError("[bold]x[/bold] is missing", "give x"))
    assert capsys.readouterr().err == "error: [bold]x[/bold] is missing\n  give x\n"


def test_the_problems_of_a_recipe_are_printed_with_places_and_excerpts(capsys: pytest.CaptureFixture[str]) -> None:
    first = Problem("r.yaml", 3, 5, "model.latents", "must be more than 0, found 0", "write 1", "   3 | latents: 0")
    print_error(RecipeError((first, Problem("none.yaml", 0, 0, "", "no such file")), "`bvtk ls` lists them."))
    assert capsys.readouterr().err == (
        "r.yaml:3:5  model.latents: must be more than 0, found 0\n   3 | latents: 0\n   write 1\n"
        "none.yaml  no such file\n2 errors. `bvtk ls` lists them.\n"
    )


def test_json_goes_to_stdout_and_holds_no_nan(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"β": 1})
    assert capsys.readouterr().out == '{\n  "β": 1\n}\n'
    with pytest.raises(ValueError, match="JSON"):
        print_json({"x": float("nan")})
