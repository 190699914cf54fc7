import numpy as np

from bvtk.metrics.estimators.activation import mean_activation


def test_means_by_hand_and_nan_without_images():
    factors = np.array([[0, 0], [0, 0], [1, 2]])
    mu = np.array([[1.0, 10.0], [3.0, 20.0], [5.0, 30.0]])
    found = mean_activation(mu, factors, (2, 3))
    nan = np.nan
    np.testing.assert_array_equal(found[0], [[2, nan, nan], [nan, nan, 5]])
    np.testing.assert_array_equal(found[1], [[15, nan, nan], [nan, nan, 30]])
