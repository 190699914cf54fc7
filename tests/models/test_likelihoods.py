import math

import pytest
import torch

from bvtk.models.likelihoods import Bernoulli, Gaussian, Laplace
from bvtk.protocols import ImageShape

IMAGE = ImageShape(2, 3, 4)


def pair(seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (5, *IMAGE)
    return torch.randn(shape, generator=generator), torch.rand(shape, generator=generator)


def test_bernoulli_is_the_log_probability_summed_over_pixels_and_channels():
    x = torch.zeros(2, *IMAGE)
    x[1] = 1.0
    nll = Bernoulli().nll(torch.full_like(x, math.log(3)), x)  # the probability of "on" is 3/4
    assert nll.tolist() == pytest.approx([24 * math.log(4), 24 * math.log(4 / 3)])


def test_bernoulli_of_grey_pixels_is_the_cross_entropy():
    x = torch.full((1, *IMAGE), 0.25)
    nll = Bernoulli().nll(torch.full_like(x, math.log(3)), x)
    assert nll.item() == pytest.approx(-24 * (0.25 * math.log(0.75) + 0.75 * math.log(0.25)))


def test_bernoulli_is_exact_for_extreme_logits():
    x = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)
    nll = Bernoulli().nll(torch.full_like(x, 1000.0), x)
    assert nll.tolist() == [1000.0, 0.0]
    assert Bernoulli().mean(torch.tensor([-1000.0, 0.0, 1000.0])).tolist() == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("sigma", [1.0, 0.1])
def test_gaussian_is_torchs_density(sigma):
    output, x = pair()
    wanted = -torch.distributions.Normal(output, sigma).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(Gaussian(sigma).nll(output, x), wanted)


def test_gaussian_by_hand():
    # One pixel, error 0.3, σ = 0.5: ½(0.3/0.5)² + log 0.5 + ½ log 2π.
    nll = Gaussian(0.5).nll(torch.tensor([[[[0.5]]]]), torch.tensor([[[[0.8]]]]))
    assert nll.item() == pytest.approx(0.18 + math.log(0.5) + 0.5 * math.log(2 * math.pi))


def test_optimal_sigma_is_the_root_of_the_batchs_mean_squared_error():
    output, x = pair()
    sigma = (output - x).square().mean().sqrt()
    wanted = -torch.distributions.Normal(output, sigma).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(Gaussian("optimal").nll(output, x), wanted)
    # At the optimum a sum over the batch is N·(½ + log σ + ½ log 2π), whatever the images.
    total = 5 * 24 * (0.5 + math.log(sigma) + 0.5 * math.log(2 * math.pi))
    assert Gaussian("optimal").nll(output, x).sum().item() == pytest.approx(total)


def with_error(rmse):
    """An output and its images, which differ by noise of this root of the mean squared error."""
    noise, x = pair()
    return (x + noise * rmse / noise.square().mean().sqrt()).requires_grad_(), x


@pytest.mark.parametrize("rmse", [0.3, 0.08, 0.03, 0.01, 0.003])
def test_the_gradient_of_optimal_sigma_is_that_of_the_closed_form(rmse):
    output, x = with_error(rmse)
    (found,) = torch.autograd.grad(Gaussian("optimal").nll(output, x).sum(), output)
    (wanted,) = torch.autograd.grad(x.numel() * (output - x).square().mean().sqrt().log(), output)
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize("log_rmse", [-6.01, -7.0, -12.0])
def test_below_the_floor_optimal_sigma_is_constant(log_rmse):
    output, x = with_error(math.exp(log_rmse))
    floor = Gaussian(math.exp(-6)).nll(output, x)
    torch.testing.assert_close(Gaussian("optimal").nll(output, x), floor)
    (found,) = torch.autograd.grad(Gaussian("optimal").nll(output, x).sum(), output)
    torch.testing.assert_close(found, torch.autograd.grad(floor.sum(), output)[0])


def test_optimal_sigma_of_a_perfect_reconstruction_has_no_gradient():
    x = torch.rand(2, *IMAGE, requires_grad=True)
    nll = Gaussian("optimal").nll(x, x.detach())
    nll.sum().backward()
    assert nll.tolist() == pytest.approx([24 * (-6 + 0.5 * math.log(2 * math.pi))] * 2)
    assert not x.grad.any()


def test_learned_sigma_is_a_parameter_that_converges_to_the_optimum():
    output, x = pair()
    likelihood = Gaussian("learned")
    assert [name for name, _ in likelihood.named_parameters()] == ["log_sigma"]
    optimizer = torch.optim.Adam(likelihood.parameters(), lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        likelihood.nll(output, x).sum().backward()
        optimizer.step()
    torch.testing.assert_close(
        likelihood.nll(output, x).sum(), Gaussian("optimal").nll(output, x).sum(), rtol=1e-3, atol=0.0
    )


def test_log_sigma_is_softly_clipped_at_minus_six():
    likelihood = Gaussian("learned")
    with torch.no_grad():
        likelihood.log_sigma.fill_(-40.0)
    x = torch.zeros(1, 1, 1, 1)
    assert likelihood.nll(x, x).item() == pytest.approx(-6 + 0.5 * math.log(2 * math.pi))
    with torch.no_grad():
        likelihood.log_sigma.fill_(-6.0)  # −6 + log 2, the softplus of 0
    assert likelihood.nll(x, x).item() == pytest.approx(-6 + math.log(2) + 0.5 * math.log(2 * math.pi))


def test_laplace_is_torchs_density():
    output, x = pair()
    wanted = -torch.distributions.Laplace(output, 0.3).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(Laplace(0.3).nll(output, x), wanted)


@pytest.mark.parametrize("likelihood", [Gaussian(1.0), Laplace(1.0)])
def test_means_are_clamped_to_the_range_of_images(likelihood):
    assert likelihood.mean(torch.tensor([-0.5, 0.25, 1.5])).tolist() == [0.0, 0.25, 1.0]
