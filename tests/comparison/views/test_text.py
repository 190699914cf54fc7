import csv
import io

from bvtk.comparison.contents.measured import Measured
from bvtk.comparison.views.text import csv_text, markdown
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import over, table_of

PUBLISHED = Published(source="a paper", scores={"mig": {"toy (beta=4)": (0.25, 0.5)}})


def test_markdown_escapes_names():
    runs = [Measured(name, {"name": name}, {"mig": {"score": 0.5}}) for name in ("__init__", "a|b", "beta_vae")]
    assert markdown(table_of(runs)).split("\n")[2:5] == [
        r"| \_\_init\_\_ | 0.500 | 1 |",
        r"| a\|b | 0.500 | 1 |",
        "| beta_vae | 0.500 | 1 |",
    ]


def test_csv_has_columns_of_values_spreads_and_published_values():
    text = csv_text(table_of(over(beta=(4.0, 1.0)), ["mig", "held_out.kl"], published=PUBLISHED))
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
