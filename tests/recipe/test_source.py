from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bvtk.errors import RecipeError
from bvtk.recipe.marks import Source
from bvtk.recipe.source import MAX_BYTES, compose, read_text
from tests.recipe.conftest import COMPLETE

Errors = Callable[..., list[str]]

REFUSED = {
    "empty": ("", "0:0 : the file is empty"),
    "comments alone": ("# name: x\n", "0:0 : the file is empty"),
    "a list": ("- a\n", "1:1 : expected a mapping of keys to values"),
    "a word": ("recipe\n", "1:1 : expected a mapping of keys to values"),
    "null": ("null\n", "1:1 : expected a mapping of keys to values"),
    "a duplicate key": ("name: x\nname: y\n", "2:1 name: duplicate key, first in line 1"),
    "a duplicate key in another spelling": ("name: x\n'name': y\n", "2:1 name: duplicate key, first in line 1"),
    "a nested duplicate": ("a:\n  b: 1\n  c: 2\n  b: 3\n", "4:3 a.b: duplicate key, first in line 2"),
    "a duplicate in a flow mapping": ("a: [{b: 1, b: 2}]\n", "1:12 a.0.b: duplicate key, first in line 1"),
    "an anchor": ("a: &x 1\n", "1:4 a: anchors are not allowed in recipes"),
    "an anchor on a mapping": ("a: &x\n  b: 1\n", "1:4 a: anchors are not allowed in recipes"),
    "an alias": ("a: 1\nb: *x\n", "2:4 b: aliases are not allowed in recipes"),
    "an alias as a key": ("? *x\n: 1\n", "1:3 : aliases are not allowed in recipes"),
    "a merge key": ("a:\n  <<: {b: 1}\n", "2:3 a: merge keys are not allowed in recipes"),
    "a template": ("a: pre-${HOME}\n", "1:4 a: '${…}' is not supported"),
    "a quoted template": ("a: '${x}'\n", "1:4 a: '${…}' is not supported"),
    "a template in a key": ("${x}: 1\n", "1:1 : '${…}' is not supported"),
    "a Python tag": ("a: !!python/object/apply:os.system [x]\n", "1:4 a: tags are not allowed in recipes"),
    "a plain tag": ("a: !!str 5\n", "1:4 a: tags are not allowed in recipes"),
    "a tag of one's own": ("a: !env HOME\n", "1:4 a: tags are not allowed in recipes"),
    "a bare tag": ("a: ! x\n", "1:4 a: tags are not allowed in recipes"),
    "a key that is a number": ("1: x\n", "1:1 : a key must be text"),
    "a key that is null": ("~: x\n", "1:1 : a key must be text"),
    "a key that is true": ("a:\n  true: x\n", "2:3 a: a key must be text"),
    "a key that is a list": ("? [a, b]\n: 1\n", "1:3 : a key must be text"),
    "a key that is a mapping": ("{{a: 1}: 2}\n", "1:2 : a key must be text"),
    "two documents": ("a: 1\n---\nb: 2\n", "2:1 : a second document"),
    "a directive of tags": ("%TAG ! tag:x,2000:\n---\na: 1\n", "1:1 : a directive"),
    "YAML 1.1 by name": ("%YAML 1.1\n---\na: yes\n", "1:1 : a directive"),
    "a tab as indentation": ("a:\n\tb: 1\n", "2:1 : a tab is not allowed here"),
    "a tab before a value": ("a:\t1\n", "1:3 : a tab is not allowed here"),
    "a control character": ("a: \x07\n", "1:4 : this character is not allowed in a recipe"),
    "a terminal's escape": ("a: 1\nb: \x1b[31m\n", "2:4 : this character is not allowed in a recipe"),
    "half a surrogate pair": ('a: "\\ud800"\n', "1:4 a: this character is not allowed in text"),
    "a null character": ('a: "x\\0"\n', "1:4 a: this character is not allowed in text"),
    "an escape past the last character": ('a: "\\UFFFFFFFF"\n', "1:7 a: this escape is not a character"),
    "a large integer": ("seed: 99999999999999999999\n", "1:7 seed: an integer beyond 64 bits"),
    "an open bracket": ("a: [1, 2\nb: 3\n", "2:2 : a '{' or '[' is not closed, or a ',' is missing"),
    "an open quote": ("a: 'x\n", "1:4 : a quote is not closed"),
    "a value with a colon": ("a: b: c\n", "1:5 : a ':' is not allowed here"),
    "a loose word": ("a: 1\nb\n", "2:1 : a key without ':'"),
    "an odd indentation": ("a:\n    b: 1\n  c: 2\n", "3:3 : the indentation does not match the lines above"),
    "a reserved character": ("a: @x\n", "1:4 : a value can't start with this character"),
    "a percent sign": ("a: %x\n", "1:4 : a value can't start with this character"),
    "an unknown escape": ('a: "\\q"\n', "1:6 : YAML has no such escape"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=list(REFUSED))
def test_traps_are_refused_with_their_place(errors: Errors, text: str, said: str) -> None:
    assert said in errors(text)


ACCEPTED = {
    "a byte order mark": ("\ufeff" + COMPLETE, {}),
    "carriage returns": (COMPLETE.replace("\n", "\r\n"), {}),
    "old Macintosh line ends": (COMPLETE.replace("\n", "\r"), {}),
    "no line end at the end": (COMPLETE.rstrip(), {}),
    "a document's start and end": ("%YAML 1.2\n---\n" + COMPLETE + "...\n", {}),
    "flow style throughout": (
        "{name: toy, dataset: dsprites, model: {type: vae, encoder: toy, decoder: mlp}, "
        "objective: beta_vae, training: {steps: 5}}",
        {},
    ),
    "words of YAML 1.1": (COMPLETE.replace("{type: toy}", "{type: toy, label: on}"), {"label": "on"}),
    "sixty-to-one": (COMPLETE.replace("{type: toy}", "{type: toy, label: 12:30}"), {"label": "12:30"}),
    "a date": (COMPLETE.replace("{type: toy}", "{type: toy, label: 2001-01-01}"), {"label": "2001-01-01"}),
    "a leading zero": (COMPLETE.replace("{type: toy}", "{type: toy, width: 017}"), {"width": 17}),
    "an exponent without a dot": (COMPLETE.replace("{type: toy}", "{type: toy, scale: 5e-4}"), {"scale": 5e-4}),
    "an integer for a float": (COMPLETE.replace("{type: toy}", "{type: toy, scale: 2}"), {"scale": 2.0}),
    "a list for a tuple": (COMPLETE.replace("{type: toy}", "{type: toy, sizes: [3]}"), {"sizes": (3,)}),
    "a block scalar": (
        COMPLETE.replace("{type: toy}", "\n    type: toy\n    label: |\n      two\n      lines"),
        {"label": "two\nlines\n"},
    ),
    "a quoted merge key": (COMPLETE.replace("{type: toy}", "{type: toy, label: '<<'}"), {"label": "<<"}),
    "a dollar": (COMPLETE.replace("{type: toy}", "{type: toy, label: $5 {x}}".replace("{x}", "x")), {"label": "$5 x"}),
}


@pytest.mark.parametrize(("text", "fields"), ACCEPTED.values(), ids=list(ACCEPTED))
def test_text_that_only_looks_like_a_trap_is_read(
    load: Callable[..., object], text: str, fields: dict[str, object]
) -> None:
    encoder = load(text.encode()).recipe.model.encoder
    assert {name: getattr(encoder, name) for name in fields} == fields


def test_all_errors_are_reported_at_once_without_those_that_follow_from_others(errors: Errors) -> None:
    text = COMPLETE.replace("steps: 5", "steps: *x\n  steps: 6\n  keep: ${keep}\n  btch_size: 4")
    assert errors(text) == [
        "9:10 training.steps: aliases are not allowed in recipes",
        "10:3 training.steps: duplicate key, first in line 9",
        "11:9 training.keep: '${…}' is not supported",
        "12:3 training.btch_size: unknown key, did you mean 'batch_size'?",
    ]


@given(st.text("ab:-?[]{},&*!|>'\"%@#~<=\n\t \\0u1.e", max_size=40))
def test_any_text_becomes_data_or_problems(text: str) -> None:
    document = compose(Source("x", text))
    assert document.problems or document.root is None or document.root.plain() is not Ellipsis
    for problem in document.problems:
        assert problem.line <= text.count("\n") + 1


Errors = Callable[..., list[str]]


def test_a_byte_order_mark_of_utf_8_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_bytes(b"\xef\xbb\xbfname: \xce\xb2")
    assert read_text(tmp_path / "r.yaml", "r") == "name: β"


@pytest.mark.parametrize(
    ("data", "place", "looks"),
    [
        ("name: é".encode("latin-1"), "1:7", "Latin-1"),
        (b"a: 1\nb: \x93quoted\x94\n", "2:4", "Latin-1 or Windows-1252"),
        ("name: x".encode("utf-16"), "1:1", "UTF-16"),
        ("name: x".encode("utf-16-le"), "1:2", "UTF-16"),
        ("name: x".encode("utf-16-be"), "1:1", "UTF-16"),
        ("name: x".encode("utf-32"), "1:1", "UTF-32"),
        (b"PK\x03\x04\x00\x00\xff\xfe\x00", "1:7", "a binary file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "1:1", "a binary file"),
    ],
)
def test_other_encodings_are_refused_by_name(errors: Errors, data: bytes, place: str, looks: str) -> None:
    (found,) = errors(data)
    assert found.startswith(f"{place} : not UTF-8, it looks like {looks}")


def test_a_file_whose_name_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"r\xff.yaml")
    path.write_text("name: x")
    with pytest.raises(RecipeError, match=r"r\\udcff\.yaml  the name of the file is not UTF-8"):
        read_text(path, path.name)


def test_a_file_past_the_bound_is_refused_without_reading_all_of_it(errors: Errors) -> None:
    assert errors(b"#" * (MAX_BYTES + 1)) == ["0:0 : larger than 1 MiB"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.yaml", "no such file"), (tmp_path, "a folder")):
        with pytest.raises(RecipeError, match=said) as caught:
            read_text(path, "r")
        assert caught.value.exit_code == 2
    with pytest.raises(RecipeError, match="can't be read"):
        read_text(Path("a\0b"), "r")
    with pytest.raises(RecipeError, match="file name too long"):
        read_text(Path("x" * 5000), "r")


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(RecipeError, match=r"can't be read: not a regular file|no such file"):
            read_text(path, "r")
