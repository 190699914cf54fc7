"""Results and names of strangers: a table or one clear error, and no name breaks the table."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk.comparison.comparison import assemble
from bvtk.comparison.contents.saved import document
from bvtk.errors import BvtkError
from bvtk.recipe.sweep_schema import Published
from tests.comparison.tables import over, table_of
from tests.comparison.views.test_page import hostile
from tests.report.test_page import PARTS

NAMES = st.lists(st.sampled_from([*PARTS, "|", "\\", "\n", "\r\n", "`", "=1+1"]) | st.text(max_size=6), min_size=1)
PUBLISHED = Published(source="a paper", scores={"mig": {"toy (beta=4)": (0.2, None)}})
SAVED: dict[str, Any] = json.loads(
    json.dumps(document(table_of(over(beta=(1.0, 4.0)), published=PUBLISHED, left_out=("x has no scores yet",))))
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "x", "<b>", "mig"])
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(["score", "x", "type"]), v, max_size=3)
)


@settings(max_examples=60, deadline=None)
@given(NAMES.map("".join))
def test_no_name_breaks_the_table(text: str) -> None:
    table = hostile("x" + text.replace(":", ""))
    head, rule, *rest = table.to_markdown().split("\n")
    bars = len(re.findall(r"(?<!\\)\|", rule))
    for row in (head, *rest[: len(table.rows)]):
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == bars
        assert not re.search(r"(?<!\\)[<`]|(?<!\\)\[\w*\]\(", row)
    rows = list(csv.reader(io.StringIO(table.to_csv())))
    assert {len(row) for row in rows} == {len(rows[0])}


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in items for place in places(value, (*path, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from(places(SAVED)), VALUES), min_size=1, max_size=2))
def test_damaged_results_are_compared_or_refused(tmp_path: Path, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = copy.deepcopy(SAVED)
    for path, value in changes:
        inside = data
        try:
            for key in path[:-1]:
                inside = inside[key]
            if path:
                inside[path[-1]] = value
            else:
                data = value
        except (TypeError, KeyError, IndexError):
            continue  # the other change took the place away
    (tmp_path / "saved.json").write_text(json.dumps(data))
    with suppress(BvtkError):
        table = assemble([tmp_path / "saved.json"])
        table.to_markdown()
        table.to_csv()
        document(table)
