import math

import pytest
import torch

from bvtk.objectives.dip_vae import covariance_of_means, covariance_of_samples, distances
from tests.objectives.passes import build, numbers, outputs

MU = torch.tensor([[0.0, 0.0], [2.0, 4.0]])
"""Two points with means 1 and 2, variances 1 and 4, and covariance 2."""
LOGVAR = torch.log(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
"""Posterior variances whose means over both points are 2 and 4."""


def test_the_covariance_of_two_points():
    torch.testing.assert_close(covariance_of_means(MU), torch.tensor([[1.0, 2.0], [2.0, 4.0]]))


def test_posterior_variances_are_only_on_the_diagonal():
    # E[σ²] is (2, 4), on the diagonal; the covariance is still 2.
    torch.testing.assert_close(covariance_of_samples(MU, LOGVAR), torch.tensor([[3.0, 2.0], [2.0, 8.0]]))


def test_the_covariance_is_that_of_samples():
    generator = torch.Generator().manual_seed(0)
    mu, logvar = (torch.randn(50, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    eps = torch.randn(20_000, 50, 3, generator=generator, dtype=torch.float64)
    z = (mu + (logvar / 2).exp() * eps).reshape(-1, 3)
    torch.testing.assert_close(covariance_of_samples(mu, logvar), z.T.cov(), rtol=0.02, atol=0.02)


def test_the_distances_from_the_identity():
    # Off the diagonal 2² twice; on it (3 − 1)² + (8 − 1)².
    off_diagonal, diagonal = distances(torch.tensor([[3.0, 2.0], [2.0, 8.0]]))
    assert (off_diagonal.item(), diagonal.item()) == (8.0, 53.0)


def test_the_identity_costs_nothing():
    assert [value.item() for value in distances(torch.eye(4))] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "off_diagonal", "diagonal", "factor"),
    [("dip_vae_i", 8.0, 9.0, 10.0), ("dip_vae_ii", 8.0, 53.0, 1.0)],
)
def test_the_objective_adds_both_distances(name, off_diagonal, diagonal, factor):
    terms = numbers(
        build(name, lambda_od=2)(outputs(MU, LOGVAR, kl=[[1.0, 2.0], [3.0, 4.0]], reconstruction=[5.0, 9.0]), 0)
    )
    assert terms == pytest.approx(
        {
            "loss": 7 + 5 + 2 * off_diagonal + 2 * factor * diagonal,
            "reconstruction": 7.0,
            "kl": 5.0,
            "off_diagonal": off_diagonal,
            "diagonal": diagonal,
            "lambda_od": 2.0,
            "lambda_d": 2 * factor,
        }
    )


def test_latents_of_pure_noise_cost_nothing_in_ii_but_not_in_i():
    noise = outputs(torch.zeros(8, 3), torch.zeros(8, 3))
    assert build("dip_vae_ii")(noise, 0)["diagonal"].item() == 0.0
    assert build("dip_vae_i")(noise, 0)["diagonal"].item() == 3.0


def test_gradients_reach_means_and_in_ii_also_variances():
    mu, logvar = MU.clone().requires_grad_(), LOGVAR.clone().requires_grad_()
    for name, reaches in (("dip_vae_i", False), ("dip_vae_ii", True)):
        loss = build(name)(outputs(mu, logvar), 0)["loss"]
        gradients = torch.autograd.grad(loss, [mu, logvar], allow_unused=True)
        assert gradients[0].abs().sum() > 0
        assert (gradients[1] is not None) == reaches


def test_weights_follow_their_schedules():
    ramp = {"type": "linear", "end": 8}
    terms = build("dip_vae_i", lambda_od=ramp, lambda_d_factor=ramp)(outputs(MU), 50)
    assert (terms["lambda_od"], terms["lambda_d"]) == (4.0, 16.0)


def test_a_batch_of_one_image_has_no_covariance():
    terms = numbers(build("dip_vae_i")(outputs([[3.0, 4.0]]), 0))
    assert (terms["off_diagonal"], terms["diagonal"]) == (0.0, 2.0)
    assert math.isfinite(terms["loss"])
