from __future__ import annotations

import numpy as np
import pytest

from bvtk.engine.samplers.sequences import sequence_sampler
from bvtk.errors import UsageError
from tests.engine.samplers.labelled import grid


def test_pairs_follow_each_other_within_a_sequence() -> None:
    data = grid(10)
    data.sequences = np.array([0, 0, 0, 1, 1, 2, 3, 3, 3, 3])
    draw = sequence_sampler(data, np.arange(10), 50, seed=0)
    found = {pair for step in range(20) for pair in zip(*draw(step).images.values(), strict=True)}
    assert found == {(0, 1), (1, 2), (3, 4), (6, 7), (7, 8), (8, 9)}


def test_both_images_train() -> None:
    data = grid(6)
    data.sequences = np.zeros(6, np.int64)
    draw = sequence_sampler(data, np.array([0, 1, 3, 4, 5]), 50, seed=0)
    found = {pair for step in range(20) for pair in zip(*draw(step).images.values(), strict=True)}
    assert found == {(0, 1), (3, 4), (4, 5)}


def test_first_images_are_as_likely_as_the_data_set_says() -> None:
    data = grid(4)
    data.sequences = np.zeros(4, np.int64)
    data.weights = np.array([1.0, 3.0, 0.0, 5.0])
    first = sequence_sampler(data, np.arange(4), 4000, seed=0)(0).images["x"]
    assert np.bincount(first, minlength=4) / 4000 == pytest.approx([0.25, 0.75, 0, 0], abs=0.03)


@pytest.mark.parametrize(
    ("sequences", "said"), [(None, "needs a data set with sequences"), ([0, 1, 2], "no two consecutive images")]
)
def test_data_without_consecutive_images_are_refused(sequences, said) -> None:
    data = grid(3)
    data.sequences = None if sequences is None else np.array(sequences)
    with pytest.raises(UsageError, match=said):
        sequence_sampler(data, np.arange(3), 4, seed=0)
