from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import bvtk.cli
from bvtk.cli.common import add_row, load_plugins, new_table, print_error, print_json, print_table, say, show
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
    print_json({"a\x9b2J": "b\u202e\U000e0001", "c": "d\n"})
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert json.loads(out) == {"a\x9b2J": "b\u202e\U000e0001", "c": "d\n"}


HOSTILE = "\x1b[2Ja\nerror: forged\x9b1m [red]"
SHOWN = r"\x1b[2Ja\nerror: forged\x9b1m [red]"


def test_what_is_printed_stays_on_its_line_and_controls_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    show((HOSTILE, "bold"), HOSTILE)
    say(HOSTILE)
    assert capsys.readouterr() == (f"{SHOWN}{SHOWN}\n", f"{SHOWN}\n")
    print_error(RecipeError((Problem(HOSTILE, 1, 2, HOSTILE, HOSTILE, HOSTILE, "\x1b[1m 1 | a\n"),), HOSTILE))
    assert capsys.readouterr().err.count(SHOWN) == 5
    table = new_table(HOSTILE, "value")
    add_row(table, HOSTILE, "1")
    print_table(table)
    assert [row.rstrip() for row in capsys.readouterr().out.splitlines()] == [f"{SHOWN}  value", f"{SHOWN}  1"]


def test_every_verb_prints_by_these_functions() -> None:
    """A text that is printed any other way could control the terminal."""
    others, names = [], ("print", "Text", "echo", "stdout", "stderr")
    for path in Path(bvtk.cli.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names:
                others.append(f"{path.name}: {ast.unparse(node)}")
    assert sorted(text for text in others if not text.startswith("common.py")) == [
        "ls.py: console.print(table)",
        "main.py: typer.echo(f'bvtk {bvtk.__version__}')",
        "progress.py: self._progress.console.print(line((f'warning: {event.message}', 'yellow')))",
        "progress.py: self._progress.console.print(line((f'{event.stage:<9}', 'bold'), f' {event.description}'))",
        "sweep_progress.py: self._live.console.print(line((_news(status), '' if status.state == 'done' else 'red')))",
    ]
