from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.samplers.factors import TrainingFactors
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
