from __future__ import annotations

from bvtk.errors import printable
from bvtk.recipe.marks import COMMAND_LINE, Mark, Source, dotted, excerpt, marked, problem

TEXT = "name: x\nmodel:\n\n  widht: 64\n"


def test_an_excerpt_numbers_two_lines_and_points_at_the_second() -> None:
    assert excerpt(Mark(Source("r.yaml", TEXT), 4, 3, 5)) == "   3 |\n   4 |   widht: 64\n     |   ^^^^^"


def test_numbers_of_different_length_stay_in_one_column() -> None:
    text = "\n" * 8 + "a: 1\nb: 2\n"
    assert excerpt(Mark(Source("r.yaml", text), 10, 4, 1)) == "    9 | a: 1\n   10 | b: 2\n      |    ^"


def test_the_first_line_has_no_line_before_it() -> None:
    assert excerpt(Mark(Source("r.yaml", TEXT), 1, 7, 1)) == "   1 | name: x\n     |       ^"


def test_an_override_has_no_numbers() -> None:
    found = problem(Mark(Source(COMMAND_LINE, "a.b=3"), 1, 5, 1), ("a", "b"), "no")
    assert (found.line, found.column, found.key) == (0, 0, "a.b")
    assert found.excerpt == "    | a.b=3\n    |     ^"


def test_carets_line_up_under_wide_and_combining_characters() -> None:
    assert excerpt(Mark(Source("r", "a: 漢字, b"), 1, 4, 2)).splitlines()[1] == "     |    ^^^^"
    assert excerpt(Mark(Source("r", "a\u0308: xy"), 1, 5, 2)).splitlines()[1] == "     |    ^^"


def test_long_lines_are_cut_around_the_place() -> None:
    line, caret = excerpt(Mark(Source("r", "x" * 5000 + "!" + "y" * 5000), 1, 5001, 1)).splitlines()
    assert line[caret.index("^")] == "!"
    assert len(line) < 200


def test_control_characters_never_reach_the_terminal() -> None:
    assert "\x1b" not in excerpt(Mark(Source("r", "a: \x1b[31m"), 1, 4, 1))
    assert printable("a\x1b[31m\u202eb\udc80") == "a\\x1b[31m\\u202eb\\udc80"
    assert printable("x" * 100) == "x" * 60 + "…"
    assert dotted(("a\n", 0, "b")) == "a\\n.0.b"


def test_lines_end_where_yaml_ends_them() -> None:
    assert Source("r", "a\r\nb\rc\nd\x85e\u2028f").lines == ["a", "b", "c", "d\x85e\u2028f"]


def test_marked_data_is_plain_data_again() -> None:
    data = {"a": [1, {"b": None}], "c": "x", "d": 0.5}
    node = marked(data, Mark(Source("r")))
    assert node.plain() == data
    assert [n.plain() for n in node.descend(("a", 1, "b", "beyond"))] == [data, data["a"], {"b": None}, None]
    assert [n.plain() for n in node.descend(("a", 7))] == [data, data["a"]]
