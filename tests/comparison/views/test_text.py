from __future__ import annotations

import csv
import io

import pytest

from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.views.text import (
    captions,
    csv_text,
    digits_for,
    headings,
    markdown,
    number_text,
    run_cells,
    shown_rows,
)
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import measured, over, table_of

PUBLISHED = Published(source="a paper", scores={"mig": {"toy (beta=4)": (0.25, None)}})


def test_the_cells_of_a_table():
    table = table_of(over(beta=(1.0, 4.0)), ["mig", "held_out.reconstruction"], published=PUBLISHED)
    assert headings(table) == ["", "MIG", "published", "reconstruction (nats)", "runs"]
    assert [[shown.text for shown in row] for row in shown_rows(table)] == [
        ["toy (beta=1)", "0.105 ± 0.007", "–", "31.0 ± 0.0", "2"],
        ["toy (beta=4)", "0.105 ± 0.007", "0.250", "34.0 ± 0.0", "2"],
    ]
    assert [shown.best for shown in shown_rows(table)[0]] == [False, False, False, True, False]
    assert captions(table) == [
        "Mean ± sample standard deviation over n runs.",
        "The best value of each column is in bold.",
        "Published: a paper",
    ]


def test_the_cells_of_a_run():
    runs = over(beta=(1.0,))
    assert run_cells(table_of(runs, ["mig", "held_out.kl"]), runs[1]) == ["0.110", "19.0"]


def test_values_of_fewer_runs_than_the_row_has_say_so():
    runs = [measured(seed=0), measured(seed=1)]
    runs[1].scores["mig"].clear()
    ((label, mig, count),) = shown_rows(table_of(runs, ["mig"]))
    assert (label.text, mig.text, count.text) == ("toy", "0.100 (n = 1)", "2")


def test_single_runs_have_no_spread():
    assert captions(table_of([measured()])) == ["One run per row: the spread between seeds is not known."]
    assert captions(table_of([measured(), measured("b", kind="x")], ["kind"]))[-1] == "–: no value."


def test_whole_numbers_are_written_as_such():
    runs = [measured(seed=0), measured(seed=1)]
    for run in runs:
        run.scores["mig"]["active"] = 3
    ((_, cell, _),) = shown_rows(table_of(runs, ["mig.active"]))
    assert cell.text == "3 ± 0"


@pytest.mark.parametrize(
    ("value", "text"), [(123.456, "123.5"), (0.123456, "0.123"), (0.00123, "0.00123"), (0.0, "0.000"), (-12.0, "−12.0")]
)
def test_numbers_show_three_or_four_digits(value, text):
    assert number_text(value, None, digits_for([value])) == text


def test_markdown_escapes_names():
    runs = [Measured(name, {"name": name}, {"mig": {"score": 0.5}}) for name in ("__init__", "a|b", "beta_vae")]
    assert markdown(table_of(runs)).split("\n")[2:5] == [
        r"| \_\_init\_\_ | 0.500 | 1 |",
        r"| a\|b | 0.500 | 1 |",
        "| beta_vae | 0.500 | 1 |",
    ]


def test_csv_has_columns_of_values_spreads_and_published_values():
    published = Published(source="a paper", scores={"mig": {"toy (beta=4)": (0.25, 0.5)}})
    text = csv_text(table_of(over(beta=(4.0, 1.0)), ["mig", "held_out.kl"], published=published))
    first, *rows = csv.DictReader(io.StringIO(text))
    assert list(first) == [
        *("row", "objective.beta", "mig", "mig spread", "mig published", "mig published spread"),
        *("held_out.kl", "held_out.kl spread", "runs"),
    ]
    assert (first["row"], first["mig published"]) == ("toy (beta=1)", "")
    assert (rows[0]["mig published"], rows[0]["mig published spread"], rows[0]["held_out.kl"]) == (
        "0.25",
        "0.5",
        "16.0",
    )


def test_csv_has_one_line_per_row():
    runs = [Measured("a", {"name": "a\n\x1b[2Jb"}, {"mig": {"score": 0.5}})]
    assert csv_text(table_of(runs)).split("\n")[1] == "a [2Jb,0.5,,1"
