from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.images import scale_images, split


def test_images_are_scaled_by_their_peak() -> None:
    images = np.array([[[[0, 51, 255]]]], np.uint8)
    assert scale_images(images, 255).tolist() == [[[pytest.approx([0, 0.2, 1])]]]
    assert scale_images(np.array([0, 1], np.uint8), 1).tolist() == [0, 1]
    assert scale_images(images, 255).dtype == np.float32


@pytest.mark.parametrize(("size", "share", "expected"), [(100, 0.1, 10), (100, 0.0, 0), (10, 0.001, 1), (2, 0.9, 1)])
def test_held_out_images_are_a_share_and_never_train(size: int, share: float, expected: int) -> None:
    train, held_out = split(size, share, seed=0)
    assert len(held_out) == expected
    assert sorted([*train, *held_out]) == list(range(size))
