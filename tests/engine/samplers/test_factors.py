from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.images import split
from bvtk.engine.samplers.factors import TrainingFactors, one_factor_sampler
from bvtk.errors import UsageError
from tests.engine.samplers.labelled import Labelled, grid


def test_only_factors_that_vary_are_kept() -> None:
    factors = TrainingFactors(grid(2, 1, 3), np.array([0, 5]), "pairs")
    assert factors.names == ["a", "c"]
    assert factors.values(np.array([0, 1])).tolist() == [[0, 0], [1, 2]]
    assert [column.dtype for column in factors.columns] == [np.uint8, np.uint8]


def test_images_that_agree_in_all_but_some_factors() -> None:
    factors = TrainingFactors(grid(2, 3), np.arange(6), "pairs")
    assert factors.alike(4, np.array([True, False])).tolist() == [1, 4]
    assert factors.alike(4, np.array([False, False])).tolist() == [4]


def test_keys_tell_combinations_apart_unless_there_are_too_many() -> None:
    factors = TrainingFactors(grid(2, 3), np.arange(6), "pairs")
    assert factors.keys(factors.values(np.arange(6))).tolist() == [0, 1, 2, 3, 4, 5]
    many = TrainingFactors(Labelled(np.zeros((1, 9), int), (1000,) * 9), np.arange(1), "pairs")
    assert many.keys(np.zeros((1, 9), int)) is None


def test_data_in_which_nothing_varies_are_refused_by_the_samplers_name() -> None:
    with pytest.raises(UsageError, match="sampler 'pairs' needs a data set with a factor that varies"):
        TrainingFactors(grid(1, 1), np.arange(1), "pairs")


def test_the_images_of_a_batch_differ_in_one_factor_alone() -> None:
    data = grid(3, 4, 5)
    order = one_factor_sampler(data, np.arange(60), 32, seed=0)
    for step in range(30):
        batch = order(step)
        varying = [len(np.unique(column)) > 1 for column in data.factors(batch.images["x"]).T]
        assert varying == [name == batch.facts["varied"] for name in data.factor_names]
        assert len(batch.images["x"]) == 32


def test_a_batch_reaches_every_value_of_its_factor() -> None:
    data = grid(3, 4)
    batch = one_factor_sampler(data, np.arange(12), 200, seed=0)(0)
    column = data.factor_names.index(batch.facts["varied"])
    assert set(data.factors(batch.images["x"])[:, column]) == set(range(data.factor_sizes[column]))


def test_held_out_images_never_come() -> None:
    data = grid(3, 4, 5)
    train, held_out = split(60, 0.3, seed=0)
    order = one_factor_sampler(data, train, 16, seed=0)
    seen = {int(index) for step in range(400) for index in order(step).images["x"]}
    assert not seen & set(held_out.tolist())
    assert seen == set(train.tolist())


def test_one_factor_batches_depend_on_seed_and_step_alone() -> None:
    data = grid(3, 4, 5)
    straight = one_factor_sampler(data, np.arange(60), 8, seed=3)
    batches = [straight(step) for step in range(20)]
    fresh = one_factor_sampler(data, np.arange(60), 8, seed=3)
    for step in reversed(range(20)):
        again = fresh(step)
        assert again.facts["varied"] == batches[step].facts["varied"]
        assert np.array_equal(again.images["x"], batches[step].images["x"])
    other = one_factor_sampler(data, np.arange(60), 8, seed=4)
    assert not all(np.array_equal(other(step).images["x"], batches[step].images["x"]) for step in range(20))


def test_no_full_grid_is_needed() -> None:
    rows = np.array([[0, 0], [0, 2], [1, 1], [0, 0], [1, 2]])
    data = Labelled(rows, (2, 3))
    order = one_factor_sampler(data, np.arange(5), 50, seed=0)
    alike = {frozenset(order(step).images["x"].tolist()) for step in range(200)}
    # By the second factor: 0, 1, 3 share the first, and so do 2, 4. By the first: 0, 3; then 1, 4; and 2 alone.
    assert alike == {frozenset(group) for group in ({0, 1, 3}, {2, 4}, {0, 3}, {1, 4}, {2})}


def test_all_factors_with_two_values_come_up_equally() -> None:
    data = grid(2, 1, 10, 3)
    order = one_factor_sampler(data, np.arange(60), 1, seed=0)
    varied = [order(step).facts["varied"] for step in range(3000)]
    counts = {name: varied.count(name) for name in data.factor_names}
    assert counts["b"] == 0
    assert all(abs(counts[name] - 1000) < 100 for name in "acd")  # four standard deviations


def test_values_are_kept_apart_in_large_factors() -> None:
    values = np.array([[0, 0], [256, 0], [0, 1], [65_536, 0]])
    order = one_factor_sampler(Labelled(values, (65_537, 2)), np.arange(4), 60, seed=0)
    found = {frozenset(b.images["x"].tolist()) for b in map(order, range(60)) if b.facts["varied"] == "b"}
    assert found == {frozenset(group) for group in ({0, 2}, {1}, {3})}


def test_data_in_which_nothing_varies_are_refused() -> None:
    with pytest.raises(UsageError, match="this one has none"):
        one_factor_sampler(grid(1, 1), np.arange(1), 4, seed=0)
