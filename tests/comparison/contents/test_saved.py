import json

import pytest

from bvtk.comparison.contents.saved import document, read_saved
from bvtk.errors import UsageError
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import over, table_of

PUBLISHED = Published(source="a paper", scores={"mig": {"toy (beta=4)": (0.2, 0.1)}})
TABLE = table_of(over(beta=(1.0, 4.0)), published=PUBLISHED, left_out=("x has no scores yet",))


def test_a_saved_table_is_read_back(tmp_path):
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(document(TABLE), allow_nan=False))
    runs, left_out, published = read_saved(path)
    assert [run.run for run in runs] == [run.run for run in TABLE.runs]
    assert [(dict(run.scores), run.facts, run.curves) for run in runs] == [
        (run.scores, run.facts, run.curves) for run in TABLE.runs
    ]
    assert left_out == ("x has no scores yet",)
    assert published == PUBLISHED


def test_the_document_has_the_table():
    found = document(TABLE)
    assert found["rows"][1]["label"] == "toy (beta=4)"
    assert found["rows"][1]["values"]["mig"] == {
        "value": pytest.approx(0.105),
        "spread": pytest.approx(0.01 / 2**0.5),
        "values": [0.1, 0.11],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "can't be read as JSON"),
        ('{"runs": []}', "is not of format 1"),
        ('{"format": 1, "runs": [{}]}', "has no results"),
        ("{}", "has no results"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "saved.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_saved(path)
