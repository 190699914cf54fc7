from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.order import OneFactorOrder, ShuffledOrder, split
from bvtk.errors import UsageError


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


class Labelled:
    """A data set of factor values and nothing else."""

    def __init__(self, factors: np.ndarray, sizes: tuple[int, ...]) -> None:
        self.values = factors
        self.factor_sizes = sizes
        self.factor_names = tuple("abcdef"[: len(sizes)])

    def factors(self, index: np.ndarray) -> np.ndarray:
        return self.values[index]


def grid(*sizes: int) -> Labelled:
    """Every combination of factors of these sizes, once."""
    return Labelled(np.stack(np.meshgrid(*map(np.arange, sizes), indexing="ij"), -1).reshape(-1, len(sizes)), sizes)


def test_the_images_of_a_batch_differ_in_one_factor_alone() -> None:
    data = grid(3, 4, 5)
    order = OneFactorOrder(data, np.arange(60), 32, seed=0)
    for step in range(30):
        batch = order.batch(step)
        varying = [len(np.unique(column)) > 1 for column in data.factors(batch.index).T]
        assert varying == [name == batch.varied for name in data.factor_names]
        assert len(batch.index) == 32


def test_a_batch_reaches_every_value_of_its_factor() -> None:
    data = grid(3, 4)
    batch = OneFactorOrder(data, np.arange(12), 200, seed=0).batch(0)
    column = data.factor_names.index(batch.varied)
    assert set(data.factors(batch.index)[:, column]) == set(range(data.factor_sizes[column]))


def test_held_out_images_never_come() -> None:
    data = grid(3, 4, 5)
    train, held_out = split(60, 0.3, seed=0)
    order = OneFactorOrder(data, train, 16, seed=0)
    seen = {int(index) for step in range(400) for index in order.batch(step).index}
    assert not seen & set(held_out.tolist())
    assert seen == set(train.tolist())


def test_one_factor_batches_depend_on_seed_and_step_alone() -> None:
    data = grid(3, 4, 5)
    straight = OneFactorOrder(data, np.arange(60), 8, seed=3)
    batches = [straight.batch(step) for step in range(20)]
    fresh = OneFactorOrder(data, np.arange(60), 8, seed=3)
    for step in reversed(range(20)):
        again = fresh.batch(step)
        assert again.varied == batches[step].varied
        assert np.array_equal(again.index, batches[step].index)
    other = OneFactorOrder(data, np.arange(60), 8, seed=4)
    assert not all(np.array_equal(other.batch(step).index, batches[step].index) for step in range(20))


def test_no_full_grid_is_needed() -> None:
    rows = np.array([[0, 0], [0, 2], [1, 1], [0, 0], [1, 2]])
    data = Labelled(rows, (2, 3))
    order = OneFactorOrder(data, np.arange(5), 50, seed=0)
    alike = {frozenset(order.batch(step).index.tolist()) for step in range(200)}
    # By the second factor: 0, 1, 3 share the first, and so do 2, 4. By the first: 0, 3; then 1, 4; and 2 alone.
    assert alike == {frozenset(group) for group in ({0, 1, 3}, {2, 4}, {0, 3}, {1, 4}, {2})}


def test_all_factors_with_two_values_come_up_equally() -> None:
    data = grid(2, 1, 10, 3)
    order = OneFactorOrder(data, np.arange(60), 1, seed=0)
    varied = [order.batch(step).varied for step in range(3000)]
    counts = {name: varied.count(name) for name in data.factor_names}
    assert counts["b"] == 0
    assert all(abs(counts[name] - 1000) < 100 for name in "acd")  # four standard deviations


def test_values_are_kept_apart_in_large_factors() -> None:
    values = np.array([[0, 0], [256, 0], [0, 1], [65_536, 0]])
    order = OneFactorOrder(Labelled(values, (65_537, 2)), np.arange(4), 60, seed=0)
    found = {frozenset(b.index.tolist()) for b in map(order.batch, range(60)) if b.varied == "b"}
    assert found == {frozenset(group) for group in ({0, 2}, {1}, {3})}


def test_data_in_which_nothing_varies_are_refused() -> None:
    with pytest.raises(UsageError, match="this one has none"):
        OneFactorOrder(grid(1, 1), np.arange(1), 4, seed=0)
