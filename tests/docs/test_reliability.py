"""What the page about reliability names is there, and its table holds every promise."""

from __future__ import annotations

import re
from pathlib import Path

from tests.reliability.mistakes import MISTAKES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")


def test_every_test_that_is_named_is_there() -> None:
    paths = re.findall(r"tests/[\w/.]+", PAGE)
    assert len(paths) > 14
    assert [path for path in paths if not (ROOT / path).exists()] == []
    names = re.findall(r"\((?:`)(test_\w+\.py)(?:`)\)", PAGE)
    assert names
    assert [name for name in names if not list((ROOT / "tests").rglob(name))] == []


def test_all_promises_are_there() -> None:
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)] == list(range(1, 19))


def test_the_mistakes_are_as_many_as_the_page_says() -> None:
    assert f"{len(MISTAKES)} of {len(MISTAKES)} found" in PAGE
