import math

import numpy as np
import pytest

from bvtk.metrics.estimators.latents import active_latents, kl_per_latent, mean_activation


def test_kl_by_hand():
    mu, logvar = np.array([[0.0, 1.0], [0.0, 3.0]]), np.array([[0.0, 0.0], [0.0, math.log(4.0)]])
    expected = [0.0, (0.5 * 1 + 0.5 * (9 + 4 - 1 - math.log(4.0))) / 2]
    np.testing.assert_allclose(kl_per_latent(mu, logvar), expected)


def test_kl_against_a_sum_over_samples():
    mu, sigma = 0.7, 0.4
    z = mu + sigma * np.random.default_rng(0).normal(size=400_000)
    log_ratio = -0.5 * ((z - mu) / sigma) ** 2 - math.log(sigma) + 0.5 * z**2
    kl = kl_per_latent(np.array([[mu]]), np.array([[2 * math.log(sigma)]]))
    assert kl[0] == pytest.approx(log_ratio.mean(), abs=0.01)


def test_kl_is_exact_for_small_values_in_single_precision():
    logvar = np.full((4, 1), 1e-4, np.float32)
    assert kl_per_latent(np.zeros((4, 1), np.float32), logvar)[0] == pytest.approx(0.25e-8, rel=1e-3)


def test_active_latents_vary():
    mu = np.array([[0.0, 0.0, 5.0], [1.0, 0.1, 5.0]])  # variances 0.25, 0.0025, 0
    assert active_latents(mu).tolist() == [True, False, False]
    assert active_latents(mu, threshold=0.001).tolist() == [True, True, False]


def test_means_by_hand_and_nan_without_images():
    factors = np.array([[0, 0], [0, 0], [1, 2]])
    mu = np.array([[1.0, 10.0], [3.0, 20.0], [5.0, 30.0]])
    found = mean_activation(mu, factors, (2, 3))
    nan = np.nan
    np.testing.assert_array_equal(found[0], [[2, nan, nan], [nan, nan, 5]])
    np.testing.assert_array_equal(found[1], [[15, nan, nan], [nan, nan, 30]])
