import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from bvtk.build import build as build_experiment
from bvtk.build import build_dataset
from bvtk.engine.step import Stepper
from bvtk.objectives.factor_vae import FactorVaeObjective, build_discriminator, discriminator_loss, permute_latents
from bvtk.plugins import discover
from bvtk.protocols import Batch
from bvtk.recipe import load_recipe
from bvtk.seeding import derive
from tests.objectives.passes import numbers, outputs

discover(installed=False)
CPU = torch.device("cpu")
LOG_2 = math.log(2)


def test_permuting_keeps_every_marginal_exactly():
    z = torch.randn(64, 5, generator=torch.Generator().manual_seed(0))
    permuted = permute_latents(z, torch.Generator().manual_seed(1))
    assert torch.equal(permuted.sort(dim=0).values, z.sort(dim=0).values)


def test_every_latent_is_permuted_in_its_own_order():
    z = torch.arange(100.0)[:, None].expand(100, 4)
    permuted = permute_latents(z, torch.Generator().manual_seed(0))
    assert len({tuple(column) for column in permuted.T.tolist()}) == 4


def test_permuted_latents_are_independent():
    """Perfectly correlated latents become uncorrelated, up to the noise of 4,000 samples."""
    z = torch.randn(4000, 1, generator=torch.Generator().manual_seed(0)).expand(4000, 4)
    correlation = permute_latents(z, torch.Generator().manual_seed(1)).T.corrcoef()
    assert (correlation - torch.eye(4)).abs().max() < 0.06


def test_every_order_is_equally_likely():
    generator = torch.Generator().manual_seed(0)
    z = torch.arange(3.0)[:, None].expand(3, 2000)
    orders, counts = permute_latents(z, generator).T.unique(dim=0, return_counts=True)
    assert len(orders) == 6
    assert (counts / 2000 - 1 / 6).abs().max() < 0.03


def test_the_permutation_depends_only_on_the_seed():
    z = torch.randn(16, 3)
    first, second, third = (permute_latents(z, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_the_discriminators_loss_at_known_odds():
    # D = 3/4 and 1/2 on samples of q(z), 1/5 and 1/2 on permuted ones.
    real, permuted = torch.tensor([math.log(3), 0.0]), torch.tensor([-math.log(4), 0.0])
    on_real, on_permuted = -(math.log(0.75) + math.log(0.5)) / 2, -(math.log(0.8) + math.log(0.5)) / 2
    assert discriminator_loss(real, permuted).item() == pytest.approx((on_real + on_permuted) / 2)
    assert discriminator_loss(torch.zeros(4), torch.zeros(3)).item() == pytest.approx(LOG_2)


def test_the_discriminators_loss_is_the_cross_entropy_of_two_logits():
    logits = torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    target = torch.tensor([0] * 5 + [1] * 5)
    halves = nn.functional.cross_entropy(logits, target, reduction="none").reshape(2, 5).mean(dim=1)
    odds = logits[:, 0] - logits[:, 1]
    assert discriminator_loss(odds[:5], odds[5:]).item() == pytest.approx(0.5 * halves.sum().item())


class TrueOdds(nn.Module):
    """The optimal discriminator for two correlated standard normals."""

    def __init__(self, correlation):
        super().__init__()
        self.covariance = torch.tensor([[1.0, correlation], [correlation, 1.0]])

    def forward(self, z):
        joint = torch.distributions.MultivariateNormal(torch.zeros(2), self.covariance).log_prob(z)
        marginals = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(dim=1)
        return torch.stack([joint, marginals], dim=1)


def test_with_the_best_discriminator_the_term_is_the_total_correlation_of_a_known_gaussian():
    odds = TrueOdds(0.8)
    normal = torch.distributions.MultivariateNormal(torch.zeros(2), odds.covariance)
    torch.manual_seed(0)
    terms = FactorVaeObjective(lambda step: 35.0, odds)(outputs(normal.sample((20_000,))), 0)
    assert terms["total_correlation"].item() == pytest.approx(-0.5 * math.log(1 - 0.8**2), abs=0.02)
    assert terms["discriminator_loss"].item() < LOG_2
    assert terms["discriminator_accuracy"].item() > 0.6


class FirstLatent(nn.Module):
    """Log-odds that are the first latent."""

    def forward(self, z):
        return torch.stack([z[:, 0], torch.zeros(len(z))], dim=1)


def test_the_terms_by_hand():
    # The first half is real, the second is permuted: its log-odds are 3 and −1 in either order.
    z = [[1.0, 0.0], [-2.0, 0.0], [3.0, 0.0], [-1.0, 0.0]]
    kl, reconstruction = [[1.0, 1.0]] * 4, [10.0] * 4
    objective = FactorVaeObjective(lambda step: 4.0 * step, FirstLatent())
    terms = numbers(objective(outputs(z, kl=kl, reconstruction=reconstruction), 2))

    def softplus(x):
        return math.log1p(math.exp(x))

    assert terms == pytest.approx(
        {
            "loss": 10 + 2 + 8 * 0.25,
            "discriminator_loss": 0.25 * (softplus(-1) + softplus(2) + softplus(3) + softplus(-1)),
            "reconstruction": 10.0,
            "kl": 2.0,
            "total_correlation": 0.25,
            "discriminator_accuracy": 0.5,
            "gamma": 8.0,
        }
    )


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_batches_of_any_size_have_losses(batch):
    objective = FactorVaeObjective(lambda step: 1.0, build_discriminator(2, [8]))
    assert all(math.isfinite(value) for value in numbers(objective(outputs(torch.randn(batch, 2)), 0)).values())


def test_a_discriminator_may_have_no_hidden_layers():
    assert build_discriminator(3, [])(torch.zeros(4, 3)).shape == (4, 2)


def test_a_fresh_discriminator_keeps_the_scale_of_its_input():
    torch.manual_seed(0)
    z = torch.randn(500, 10)
    deviations = [z.std().item()]
    for layer in build_discriminator(10, [400] * 6)[:-1]:
        z = layer(z)
        if isinstance(layer, nn.Linear):
            deviations.append(z.std().item())
    assert all(0.5 < after / before < 2.5 for before, after in pairwise(deviations))


OVERRIDES = (
    "objective={type: factor_vae, gamma: 5, hidden: [16, 16], discriminator_optimizer: {type: sgd, lr: 0.1}}",
    "training.optimizer={type: sgd, lr: 0.001}",
)


def experiment(*overrides):
    recipe = load_recipe("tiny.yaml", [*OVERRIDES, *overrides]).recipe
    dataset = build_dataset(recipe)
    return build_experiment(recipe, dataset, len(dataset), CPU)


def test_a_step_updates_each_network_by_the_gradient_of_its_own_loss(workplace):
    """The total correlation does not update the discriminator, nor the discriminator's loss the VAE."""
    built, twin = experiment(), experiment()
    Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(16)}), 0)
    x = torch.from_numpy(twin.dataset.images(np.arange(16)).astype(np.float32))
    passed = twin.model(x, torch.Generator().manual_seed(derive(0, "noise", 0)))
    torch.manual_seed(derive(0, "torch", 0))
    terms = twin.objective(passed, 0)
    for part, loss, rate in (("model", "loss", 0.001), ("objective", "discriminator_loss", 0.1)):
        weights = list(getattr(twin, part).parameters())
        gradients = torch.autograd.grad(terms[loss], weights, retain_graph=True)
        for after, before, gradient in zip(getattr(built, part).parameters(), weights, gradients, strict=True):
            torch.testing.assert_close(after.detach(), (before - rate * gradient).detach(), rtol=1e-5, atol=1e-6)


def test_the_discriminator_belongs_to_the_objective(workplace):
    built = experiment()
    own, other = built.parts
    assert (own.name, own.loss, other.name, other.loss) == ("model", "loss", "discriminator", "discriminator_loss")
    assert {id(p) for p in other.parameters} == {id(p) for p in built.objective.parameters()}
    assert {id(p) for p in own.parameters} == {id(p) for p in built.model.parameters()}
    assert not any("discriminator" in name for name in built.model.state_dict())


def test_a_discriminator_learns_to_recognise_dependence(workplace):
    torch.manual_seed(0)
    objective = FactorVaeObjective(lambda step: 1.0, build_discriminator(2, [64, 64]))
    optimizer = torch.optim.Adam(objective.discriminator.parameters(), 3e-3)
    normal = torch.distributions.MultivariateNormal(torch.zeros(2), torch.tensor([[1.0, 0.8], [0.8, 1.0]]))
    for _ in range(300):
        terms = objective(outputs(normal.sample((256,))), 0)
        optimizer.zero_grad()
        terms["discriminator_loss"].backward()
        optimizer.step()
    found = objective(outputs(normal.sample((20_000,))), 0)["total_correlation"].item()
    assert found == pytest.approx(-0.5 * math.log(1 - 0.8**2), abs=0.12)
