from __future__ import annotations

import pytest

from bvtk.counting import article, counted


@pytest.mark.parametrize(("count", "said"), [(0, "0 cells"), (1, "1 cell"), (2, "2 cells"), (12345, "12,345 cells")])
def test_one_is_no_plural(count: int, said: str) -> None:
    assert counted(count, "cell") == said


def test_articles() -> None:
    assert [article(noun) for noun in ("encoder", "objective", "model")] == ["an encoder", "an objective", "a model"]
