from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.images import scale_images


def test_images_are_scaled_by_their_peak() -> None:
    images = np.array([[[[0, 51, 255]]]], np.uint8)
    assert scale_images(images, 255).tolist() == [[[pytest.approx([0, 0.2, 1])]]]
    assert scale_images(np.array([0, 1], np.uint8), 1).tolist() == [0, 1]
    assert scale_images(images, 255).dtype == np.float32
