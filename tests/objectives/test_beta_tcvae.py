import math

import pytest
import torch

from bvtk.errors import UsageError
from bvtk.objectives.beta_tcvae import (
    decompose,
    gaussian_log_density,
    normalised,
    stratified_weights,
    weighted_weights,
)
from tests.objectives.passes import build, numbers, outputs

CORRELATION = 0.8
SIGMA = 0.6
"""Standard deviation of each posterior; the means give q(z) variance 1 and this correlation in every pair."""
TRUE_TC = -0.5 * math.log(1 - CORRELATION**2)
"""The total correlation of two standard normals with this correlation."""


def density(z, mu, sigma=1.0):
    return math.exp(-0.5 * ((z - mu) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))


def test_the_log_density_is_that_of_a_gaussian():
    found = gaussian_log_density(torch.tensor(1.0), torch.tensor(3.0), torch.tensor(math.log(4.0)))
    assert found.item() == pytest.approx(math.log(density(1, 3, 2)))


def test_stratified_weights_of_a_batch_of_three():
    # N = 10, M = 2: 1/10 for itself, (10 − 2)/(10·2) = 2/5 for the next one, 1/2 for the other.
    wanted = [[0.1, 0.4, 0.5], [0.5, 0.1, 0.4], [0.4, 0.5, 0.1]]
    torch.testing.assert_close(stratified_weights(3, 10), torch.tensor(wanted))


@pytest.mark.parametrize(("batch", "size"), [(2, 2), (2, 1000), (3, 3), (64, 737_280)])
def test_stratified_weights_sum_to_1(batch, size):
    weights = stratified_weights(batch, size)
    assert (weights > 0).all()
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(batch))
    torch.testing.assert_close(weights.diagonal(), torch.full((batch,), 1 / size))


def test_over_all_batches_stratified_weights_are_equal_for_all_images():
    """Each image is in a batch with M of the N − 1 others: over all batches the weight of each of the N is 1/N."""
    size, batch = 50, 8
    row = stratified_weights(batch, size)[0]
    chance_to_be_in = (batch - 1) / (size - 1)
    assert row[0].item() == pytest.approx(1 / size)
    assert chance_to_be_in * row[1:].mean().item() == pytest.approx(1 / size)


def test_weighted_weights_are_one_over_data_set_times_batch():
    torch.testing.assert_close(weighted_weights(4, 25), torch.full((4, 4), 0.01))


@pytest.mark.parametrize("batch", [1, 11])
def test_stratified_sampling_refuses_batches_of_the_wrong_size(batch):
    with pytest.raises(UsageError, match=f"needs batches of 2 to 10 images .*, found {batch}"):
        stratified_weights(batch, 10)


def test_every_part_by_hand_on_a_batch_of_two():
    # Two posteriors of variance 1 in one latent, around 0 and 1; the samples are their means.
    z, mu, logvar = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [1.0]]), torch.zeros(2, 1)
    weights = stratified_weights(2, 4)  # 1/4 for itself, 3/4 for the other
    near, far = density(0, 0), density(0, 1)
    aggregate = 0.25 * near + 0.75 * far
    parts = decompose(z, mu, logvar, weights)
    assert parts.mutual_information.item() == pytest.approx(math.log(near / aggregate))
    assert parts.total_correlation.item() == pytest.approx(0, abs=1e-6)  # there is one latent
    assert parts.dimension_wise_kl.item() == pytest.approx(math.log(aggregate) - (math.log(near) + math.log(far)) / 2)


def a_batch(size, latents=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mu, logvar, eps = (torch.randn(size, latents, generator=generator, dtype=torch.float64) for _ in range(3))
    return mu + (logvar / 2).exp() * eps, mu, logvar


@pytest.mark.parametrize(
    "weights", [weighted_weights(5, 90), stratified_weights(5, 90)], ids=["weighted", "stratified"]
)
def test_the_parts_sum_to_the_sampled_kl(weights):
    z, mu, logvar = a_batch(5)
    parts = decompose(z, mu, logvar, weights.double())
    zero = torch.zeros_like(z)
    sampled = (gaussian_log_density(z, mu, logvar) - gaussian_log_density(z, zero, zero)).sum(dim=1).mean()
    assert sum(parts).item() == pytest.approx(sampled.item())


def test_weighted_sampling_of_the_whole_data_set_is_exact_up_to_known_constants():
    """Weights of 1/N² instead of 1/N: every estimated log-density, joint and marginal, is too low by log N."""
    z, mu, logvar = a_batch(40)
    exact = decompose(z, mu, logvar, torch.full((40, 40), 1 / 40, dtype=torch.float64))
    found = decompose(z, mu, logvar, weighted_weights(40, 40).double())
    constant = math.log(40)
    assert found.mutual_information.item() == pytest.approx(exact.mutual_information.item() + constant)
    assert found.total_correlation.item() == pytest.approx(exact.total_correlation.item() + 2 * constant)
    assert found.dimension_wise_kl.item() == pytest.approx(exact.dimension_wise_kl.item() - 3 * constant)


def test_normalised_weights_of_the_whole_data_set_are_exact():
    z, mu, logvar = a_batch(40)
    exact = decompose(z, mu, logvar, torch.full((40, 40), 1 / 40, dtype=torch.float64))
    found = decompose(z, mu, logvar, normalised(weighted_weights(40, 40).double()))
    assert [part.item() for part in found] == pytest.approx([part.item() for part in exact])


def test_normalising_does_not_change_stratified_weights():
    torch.testing.assert_close(normalised(stratified_weights(7, 90)), stratified_weights(7, 90))


def test_a_collapsed_posterior_costs_nothing():
    z = torch.randn(16, 4, generator=torch.Generator().manual_seed(0))
    for estimator in ("weighted", "stratified"):
        terms = numbers(build("beta_tcvae", estimator=estimator)(outputs(torch.zeros(16, 4), z=z), 0))
        for part in ("mutual_information", "total_correlation", "dimension_wise_kl"):
            assert terms[part] == pytest.approx(0, abs=1e-4)


def test_the_exact_parts_against_sums_over_the_data_set():
    """log q(z) by plain loops: q(z) is the mean of all posteriors' densities."""
    z, mu, logvar = a_batch(6, latents=2)
    found = decompose(z, mu, logvar, torch.full((6, 6), 1 / 6, dtype=torch.float64))
    sigma = (logvar / 2).exp()
    total = 0.0
    for i in range(6):
        each = [[density(z[i, d].item(), mu[j, d].item(), sigma[j, d].item()) for d in (0, 1)] for j in range(6)]
        joint = sum(a * b for a, b in each) / 6
        marginals = [sum(pair[d] for pair in each) / 6 for d in (0, 1)]
        total += math.log(joint / (marginals[0] * marginals[1]))
    assert found.total_correlation.item() == pytest.approx(total / 6)


def correlated(size, seed=0):
    """Posteriors whose aggregate is a standard normal with a known correlation."""
    generator = torch.Generator().manual_seed(seed)
    covariance = torch.tensor([[1.0, CORRELATION], [CORRELATION, 1.0]], dtype=torch.float64)
    spread = torch.linalg.cholesky(covariance - SIGMA**2 * (1 - CORRELATION) * torch.eye(2, dtype=torch.float64))
    mu = torch.randn(size, 2, generator=generator, dtype=torch.float64) @ spread.T
    logvar = torch.full_like(mu, math.log(SIGMA**2 * (1 - CORRELATION)))
    z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=generator, dtype=torch.float64)
    return z, mu, logvar


def test_both_estimators_approach_the_total_correlation_of_a_known_gaussian():
    size = 10**6
    errors = {}
    for batch in (16, 128, 1500):
        runs = [correlated(batch, seed) for seed in range(2 * 1500 // batch)]
        stratified = stratified_weights(batch, size).double()
        found = torch.stack([decompose(*run, stratified).total_correlation for run in runs]).mean()
        weighted = normalised(weighted_weights(batch, size).double())
        other = torch.stack([decompose(*run, weighted).total_correlation for run in runs]).mean()
        errors[batch] = (abs(found.item() - TRUE_TC), abs(other.item() - TRUE_TC))
    for stratified_error, weighted_error in errors.values():
        assert stratified_error < 0.35
        assert weighted_error < 0.35
    assert max(errors[1500]) < 0.05
    assert errors[1500] < errors[16]


def test_the_omitted_constant_has_no_gradient():
    gradients = []
    for weights in (weighted_weights(8, 10**6).double(), normalised(weighted_weights(8, 10**6).double())):
        z, mu, logvar = (tensor.requires_grad_() for tensor in a_batch(8))
        parts = decompose(z, mu, logvar, weights)
        gradients.append(torch.autograd.grad(parts[0] + 6 * parts[1] + 2 * parts[2], [z, mu, logvar]))
    torch.testing.assert_close(*gradients)


def test_the_objective_weights_the_parts():
    z, mu, logvar = (tensor.float() for tensor in a_batch(6, latents=2))
    built = build("beta_tcvae", dataset_size=600, alpha=2, beta=3, gamma=5, estimator="stratified")
    terms = built(outputs(mu, logvar, z, reconstruction=[7.0] * 6), 0)
    parts = decompose(z, mu, logvar, stratified_weights(6, 600))
    found = numbers(terms)
    assert found["loss"] == pytest.approx(7 + 2 * parts[0].item() + 3 * parts[1].item() + 5 * parts[2].item())
    wanted = {"mutual_information": parts[0], "total_correlation": parts[1], "dimension_wise_kl": parts[2]}
    assert {name: found[name] for name in wanted} == {name: part.item() for name, part in wanted.items()}
    assert (found["alpha"], found["beta"], found["gamma"]) == (2.0, 3.0, 5.0)


def test_the_size_of_the_data_set_comes_from_the_context():
    """The posteriors are so narrow that they don't overlap: log q(z) is log q(z|x)/N, the information log N."""
    narrow = outputs(10.0 * torch.arange(8.0)[:, None].expand(8, 2), torch.full((8, 2), -8.0))
    for size in (100, 100_000):
        terms = build("beta_tcvae", dataset_size=size, estimator="stratified")(narrow, 0)
        assert terms["mutual_information"].item() == pytest.approx(math.log(size))
        weighted = build("beta_tcvae", dataset_size=size)(narrow, 0)
        assert weighted["mutual_information"].item() == pytest.approx(math.log(8))


def test_weights_follow_their_schedules():
    terms = build("beta_tcvae", beta={"type": "linear", "end": 10})(outputs(*a_batch(8)), 50)
    assert (terms["alpha"], terms["beta"], terms["gamma"]) == (1.0, 5.0, 1.0)


def test_very_narrow_posteriors_stay_finite():
    mu = torch.randn(8, 2, generator=torch.Generator().manual_seed(0)).requires_grad_()
    terms = build("beta_tcvae", estimator="stratified")(outputs(mu, torch.full((8, 2), -30.0)), 0)
    assert all(math.isfinite(value) for value in numbers(terms).values())
    assert torch.autograd.grad(terms["loss"], mu)[0].isfinite().all()
