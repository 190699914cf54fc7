"""Results and names of strangers: a table or one clear error, and no name breaks the table."""

from __future__ import annotations

import copy
import csv
import io
import json
import re
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bvtk.comparison.comparison import assemble
from bvtk.comparison.contents.saved import document
from bvtk.comparison.contents.table import MEANINGS
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


ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 3, 10**25, 2**63, 1e308, -1e308, 5e-324, 0.5, "", "x", "mig", "4", "nan", "\0", "a\nb"),
    *([], {}, [1, 2], [[1, 0.5]], [[1]], [["a", "b"]], [{"type": "mig"}], [{"type": None}], [{}], {"": {}}, {"a.b": 1}),
    *({"score": 1.0}, {"score": None}, {"score": "x"}, {"score": [1]}, {"type": "constant", "value": None}),
    *({"type": "constant", "value": 2}, {"type": "linear"}, {"mig": {"score": 0.1}}, "\N{GRINNING FACE}", "\x1b[2J"),
)
NAMES_OF_KEYS = ("score", "type", "chance", "seed", "name", "", "active_units", "held_out", "extra.x")


def damaged(random: Random) -> Any:
    """The saved comparison after one to three values were replaced, removed, renamed or repeated."""
    data = copy.deepcopy(SAVED)
    for _ in range(random.randint(1, 3)):
        *path, last = random.choice(places(SAVED)[1:])
        inside, way = data, random.random()
        try:
            for key in path:
                inside = inside[key]
            if way < 0.7:
                inside[last] = copy.deepcopy(random.choice(ODD))
            elif way < 0.85:
                del inside[last]
            elif isinstance(inside, dict):
                inside[random.choice(NAMES_OF_KEYS)] = inside.pop(last)
            elif isinstance(inside, list):
                inside.append(copy.deepcopy(inside[last]))
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    return data


def survives(folder: Path, count: int) -> None:
    """Compares damaged results in every way, and draws a few of them: a table, or an error for users."""
    saved, compared = folder / "saved.json", 0
    for seed in range(count):
        random = Random(seed)
        saved.write_text(json.dumps(damaged(random)))
        by = random.choice([(), (), ("beta",), ("mig",), ("name",), ("model",), ("held_out.kl", "seed")])
        columns = random.choice([(), (), ("mig", "objective.beta"), ("beta_vae_score.scores",), ("model",)])
        how, sort = random.choice(list(MEANINGS)), random.choice([None, None, "mig", "beta", "name", "held_out.kl"])
        with suppress(BvtkError):
            table = assemble([saved], by, columns, how, sort)
            table.to_markdown()
            table.to_csv()
            json.dumps(document(table), allow_nan=False)
            if seed % 50 == 0:
                table.to_html()
            compared += 1
    assert count / 4 < compared < count


def test_damaged_results_never_crash(tmp_path: Path) -> None:
    survives(tmp_path, 200)


def test_absurd_scores_and_chances_are_shown_and_never_infinite() -> None:
    runs = over(beta=(1.0, 4.0))
    for run in runs:
        run.scores["mig"]["score"] = 1e308  # type: ignore[index]
        run.scores["beta_vae_score"]["chance"] = [0.25]  # type: ignore[index]
        run.curves["mig"] = ((10, 1e308), (20, 0.5))  # type: ignore[index]
    published = Published(source="a paper", scores={"beta_vae_score": {"toy (beta=4)": (1e308, None)}})
    table = table_of(runs, ["mig", "beta_vae_score"], published=published)
    assert [line[0] for line in table.values] == ["1e+308", "1e+308"]
    json.dumps(document(table), allow_nan=False)
    assert table.figures()


@pytest.mark.soak
def test_ten_thousand_damaged_results_never_crash(tmp_path: Path) -> None:
    survives(tmp_path, 10_000)
