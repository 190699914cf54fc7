"""What the tests of linear models share."""

from __future__ import annotations

import numpy as np
import pytest

from bvtk.data.imageset import ImageSet

from .fitting import IMAGE, picture_set


@pytest.fixture(scope="session")
def data() -> ImageSet:
    """300 pictures that four directions of unequal strength make, and a little noise."""
    rng = np.random.default_rng(0)
    strengths = np.array([100, 60, 35, 14])
    values = rng.uniform(-1, 1, (300, 4)) * strengths @ np.linalg.qr(rng.normal(size=(40, 4)))[0].T
    return picture_set(np.clip(128 + values + rng.normal(size=(300, 40)), 0, 255).astype(np.uint8).reshape(-1, *IMAGE))
