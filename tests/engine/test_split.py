from __future__ import annotations

import pytest

from bvtk.engine.split import split


@pytest.mark.parametrize(("size", "share", "expected"), [(100, 0.1, 10), (100, 0.0, 0), (10, 0.001, 1), (2, 0.9, 1)])
def test_held_out_images_are_a_share_and_never_train(size: int, share: float, expected: int) -> None:
    train, held_out = split(size, share, seed=0)
    assert len(held_out) == expected
    assert sorted([*train, *held_out]) == list(range(size))
