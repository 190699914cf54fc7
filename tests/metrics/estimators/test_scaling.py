import numpy as np

from bvtk.metrics.estimators.scaling import standardised


def test_the_first_set_gets_mean_0_and_deviation_1_and_the_others_move_along():
    first, second = standardised(np.array([[0.0, 5.0], [2.0, 5.0]]), np.array([[4.0, 7.0]], np.float32))
    assert first.tolist() == [[-1.0, 0.0], [1.0, 0.0]]  # the constant code is 0, in the other set too
    assert second.tolist() == [[3.0, 0.0]]
