import pytest

from bvtk.comparison.views.cells import captions, digits_for, headings, number_text, run_cells, shown_rows
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
