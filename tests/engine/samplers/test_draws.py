from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.samplers.draws import Draws, training_draws
from bvtk.errors import UsageError
from tests.engine.samplers.labelled import grid


def test_weights_of_held_out_images_count_for_nothing() -> None:
    data = grid(4)
    data.weights = np.array([100.0, 1.0, 3.0, 100.0])
    drawn = training_draws(data, np.array([1, 2])).positions(np.random.default_rng(0), 4000)
    assert np.bincount(drawn) / 4000 == pytest.approx([0.25, 0.75], abs=0.03)


def test_without_weights_all_are_alike() -> None:
    drawn = training_draws(grid(4), np.arange(4)).positions(np.random.default_rng(0), 8000)
    assert np.bincount(drawn) / 8000 == pytest.approx([0.25] * 4, abs=0.02)


def test_the_last_image_that_can_occur_is_the_last_that_comes() -> None:
    class Highest:
        def random(self, size: int) -> np.ndarray:
            return np.full(size, np.nextafter(1.0, 0.0))

    draws = Draws(np.array([0.1, 0.7, 0.0, 0.0]), 4)
    assert draws.positions(Highest(), 3).tolist() == [1, 1, 1]  # type: ignore[arg-type]


def test_some_images_alone() -> None:
    draws = Draws(np.array([1.0, 5.0, 3.0]), 3)
    drawn = draws.among(np.random.default_rng(0), np.array([0, 2]), 4000)
    assert np.bincount(drawn, minlength=3) / 4000 == pytest.approx([0.25, 0, 0.75], abs=0.03)


def test_training_images_that_cannot_occur_are_refused() -> None:
    data = grid(3)
    data.weights = np.array([1.0, 0.0, 0.0])
    with pytest.raises(UsageError, match="every training image has weight 0"):
        training_draws(data, np.array([1, 2]))
