from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from itertools import count

import pytest

from bvtk.recipe.composer import MAX_DEPTH, MAX_VALUES
from bvtk.recipe.marks import Source
from bvtk.recipe.source import compose

Errors = Callable[..., list[str]]

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n" for last, name in zip("abcdefgh", "bcdefghi", strict=True)
)

BOMBS = {
    "500 lists deep": "a: " + "[" * 500,
    "100,000 lists deep": "a: " + "[" * 100_000 + "]" * 100_000,
    "100,000 mappings deep": "{a: " * 100_000,
    "500 blocks deep": "\n".join(" " * depth + "a:" for depth in range(500)),
    "complex keys": "? " * 5_000,
    "list markers": "- " * 100_000,
    "many values": "a: [" + "1, " * 300_000 + "]",
    "many keys": "".join(f"k{n}: 1\n" for n in range(80_000)),
    "aliases of aliases": LAUGHS,
    "one long word": "name: " + "x" * 1_000_000,
    "one long comment": "#" * 1_000_000,
    "one long number": "seed: " + "1" * 1_000_000,
}  # fmt: skip


@pytest.mark.parametrize("text", BOMBS.values(), ids=list(BOMBS))
def test_bombs_cost_few_calls(errors: Errors, text: str) -> None:
    calls = count()
    sys.setprofile(lambda *_: next(calls))
    try:
        found = errors(text)
    finally:
        sys.setprofile(None)
    assert found
    assert next(calls) < 10_000_000  # less than a second, measured so that a busy machine makes no difference


@pytest.mark.parametrize("text", ["{a: " * 100_000, "a: [" + "1, " * 300_000 + "]"])
def test_bombs_cost_little_memory(text: str) -> None:
    tracemalloc.start()
    assert compose(Source("x", text)).problems
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100e6


def test_bounds_are_exact() -> None:
    def refused(text: str) -> bool:
        return bool(compose(Source("x", text)).problems)

    fits, too_deep = ("[" * n + "]" * n for n in (MAX_DEPTH, MAX_DEPTH + 1))
    assert (refused(fits), refused(too_deep)) == (False, True)
    fits, too_many = ("[" + "1," * (n - 1) + "]" for n in (MAX_VALUES, MAX_VALUES + 1))
    assert (refused(fits), refused(too_many)) == (False, True)
