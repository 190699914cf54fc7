from __future__ import annotations

from bvtk.errors import BvtkError, DataError, Interrupted, Problem, RecipeError, UsageError, one_line


def test_an_error_is_its_message_and_what_to_do() -> None:
    assert str(BvtkError("it broke")) == "it broke"
    assert str(BvtkError("it broke", "mend it")) == "it broke\nmend it"


def test_exit_codes_tell_failed_work_from_wrong_input_and_signals() -> None:
    assert BvtkError("x").exit_code == 1
    assert UsageError("x").exit_code == 2
    assert Interrupted(2, "x").exit_code == 130
    assert Interrupted(15, "x").exit_code == 143


def test_a_recipe_error_lists_every_problem_with_its_place() -> None:
    problems = (
        Problem("r.yaml", 3, 5, "model.latents", "expected an integer"),
        Problem("r.yaml", 9, 1, "x", "unknown"),
        Problem("none.yaml", 0, 0, "", "no such file"),
    )
    said = str(RecipeError(problems, "look it up"))
    assert said.splitlines() == [
        "r.yaml:3:5  model.latents: expected an integer",
        "r.yaml:9:1  x: unknown",
        "none.yaml  no such file",
        "look it up",
    ]


def test_a_name_with_a_line_break_forges_no_line() -> None:
    error = DataError("a.png\nerror: all is lost is not a picture", "remove a.png\n  $ rm -rf ~")
    assert str(error) == "a.png\\nerror: all is lost is not a picture\nremove a.png\\n  $ rm -rf ~"
    assert str(RecipeError((Problem("a\nb", 0, 0, "", "no such file"),))) == "a\\nb  no such file"
    assert one_line("caf\u00e9 β \x9b\u2028") == "café β \\x9b\\u2028"


def test_no_message_moves_the_cursor_of_a_terminal() -> None:
    error = DataError("pictures/\x1b[2J\u202egnp.a is no picture", "remove \x07 it")
    assert str(error) == "pictures/\\x1b[2J\\u202egnp.a is no picture\nremove \\x07 it"
