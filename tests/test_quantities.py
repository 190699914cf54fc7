from __future__ import annotations

import numpy as np
import pytest

from bvtk.quantities import article, counted, duration, fixed, is_number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (8.46, "8.5 s"), (59.4, "59.4 s"), (125, "2 min 5 s"), (3600, "1 h 0 min"), (4510, "1 h 15 min")],
)
def test_a_duration_in_words(seconds, text):
    assert duration(seconds) == text


def test_decimals_have_a_minus_sign():
    assert (fixed(-1.25, 1), fixed(2, 3)) == ("−1.2", "2.000")


def test_what_is_a_number():
    assert all(map(is_number, (0, -1.5, float("nan"), np.float64(1))))
    assert not any(map(is_number, (True, None, "1", [1])))


@pytest.mark.parametrize(("count", "said"), [(0, "0 cells"), (1, "1 cell"), (2, "2 cells"), (12345, "12,345 cells")])
def test_one_is_no_plural(count: int, said: str) -> None:
    assert counted(count, "cell") == said


def test_articles() -> None:
    assert [article(noun) for noun in ("encoder", "objective", "model")] == ["an encoder", "an objective", "a model"]
