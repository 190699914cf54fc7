from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.order import ShuffledOrder, split


def test_every_epoch_shows_each_image_once_and_in_another_order() -> None:
    order = ShuffledOrder(np.arange(10), 5, seed=0)
    first = np.concatenate([order.batch(0).index, order.batch(1).index])
    second = np.concatenate([order.batch(2).index, order.batch(3).index])
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)


def test_a_batch_runs_on_over_the_end_of_an_epoch() -> None:
    order = ShuffledOrder(np.arange(10), 4, seed=0)
    seen = np.concatenate([order.batch(step).index for step in range(5)])
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))


def test_a_batch_may_be_larger_than_the_data_set() -> None:
    batch = ShuffledOrder(np.arange(3), 7, seed=0).batch(0).index
    assert sorted(batch[:3]) == sorted(batch[3:6]) == [0, 1, 2]


def test_the_order_depends_on_seed_and_step_alone() -> None:
    straight = ShuffledOrder(np.arange(50), 8, seed=3)
    batches = [straight.batch(step).index for step in range(20)]
    fresh = ShuffledOrder(np.arange(50), 8, seed=3)
    assert all(np.array_equal(fresh.batch(step).index, batches[step]) for step in reversed(range(20)))
    other = ShuffledOrder(np.arange(50), 8, seed=4)
    assert not np.array_equal(other.batch(0).index, batches[0])


@pytest.mark.parametrize(("size", "share", "expected"), [(100, 0.1, 10), (100, 0.0, 0), (10, 0.001, 1), (2, 0.9, 1)])
def test_held_out_images_are_a_share_and_never_train(size: int, share: float, expected: int) -> None:
    train, held_out = split(size, share, seed=0)
    assert len(held_out) == expected
    assert sorted([*train, *held_out]) == list(range(size))
