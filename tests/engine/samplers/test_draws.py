from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.samplers.draws import Draws, ShuffledSampler, training_draws, weighted_sampler
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


def test_every_epoch_shows_each_image_once_and_in_another_order() -> None:
    order = ShuffledSampler(np.arange(10), 5, seed=0)
    first = np.concatenate([order(0).images["x"], order(1).images["x"]])
    second = np.concatenate([order(2).images["x"], order(3).images["x"]])
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)


def test_a_batch_runs_on_over_the_end_of_an_epoch() -> None:
    order = ShuffledSampler(np.arange(10), 4, seed=0)
    seen = np.concatenate([order(step).images["x"] for step in range(5)])
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))


def test_a_batch_may_be_larger_than_the_data_set() -> None:
    batch = ShuffledSampler(np.arange(3), 7, seed=0)(0).images["x"]
    assert sorted(batch[:3]) == sorted(batch[3:6]) == [0, 1, 2]


def test_the_order_depends_on_seed_and_step_alone() -> None:
    straight = ShuffledSampler(np.arange(50), 8, seed=3)
    batches = [straight(step).images["x"] for step in range(20)]
    fresh = ShuffledSampler(np.arange(50), 8, seed=3)
    assert all(np.array_equal(fresh(step).images["x"], batches[step]) for step in reversed(range(20)))
    other = ShuffledSampler(np.arange(50), 8, seed=4)
    assert not np.array_equal(other(0).images["x"], batches[0])


def test_weights_are_the_probabilities_of_the_images() -> None:
    data = grid(2, 2)
    data.weights = np.array([1.0, 0.0, 3.0, 4.0])
    sampler = weighted_sampler(data, np.array([0, 1, 2]), 4000, seed=0)
    index = sampler(0).images["x"]
    counts = np.bincount(index, minlength=4) / len(index)
    assert counts[1] == counts[3] == 0
    assert abs(counts[2] - 0.75) < 0.03  # four standard deviations
    assert np.array_equal(index, weighted_sampler(data, np.array([0, 1, 2]), 4000, seed=0)(0).images["x"])
