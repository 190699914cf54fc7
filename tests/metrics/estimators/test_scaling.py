import numpy as np

from bvtk.metrics.estimators.scaling import standardised


def test_all_sets_are_scaled_by_the_first():
    first, second = standardised(np.array([[0.0, 5.0], [2.0, 5.0]]), np.array([[4.0, 7.0]], np.float32))
    assert first.tolist() == [[-1.0, 0.0], [1.0, 0.0]]  # the constant code becomes 0 in both sets
    assert second.tolist() == [[3.0, 0.0]]
