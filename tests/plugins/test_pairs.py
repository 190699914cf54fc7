"""The VAE that learns from pairs, against sums done by hand."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from bvtk.build import build, sampler_of
from bvtk.component import models, objectives, parse
from bvtk.engine.step import Stepper
from bvtk.errors import RecipeError
from bvtk.objectives.beta_vae import BetaVaeObjective
from bvtk.protocols import ImageShape
from bvtk.recipe import load_recipe, parse_recipe

pytestmark = pytest.mark.usefixtures("origins")

IMAGE = ImageShape(1, 2, 2)
BETA = 3.0
MLP = {"type": "mlp", "hidden": [8]}
# Means and log-variances of the two latents of both images.
MIXED = [[0.3, -1.0, -0.5, 0.2], [0.4, 1.5, -0.3, -0.4]]
PAIRS = {"mixed": MIXED, "fully shared": [MIXED[0], MIXED[0]], "collapsed": [[0.0] * 4] * 2}
SHARED = {"mixed": [True, False], "fully shared": [False, False], "collapsed": [False, False]}
"""By hand; if both posteriors are equal, it makes no difference."""


def plugin():
    return sys.modules[models.get("ada_gvae").__module__]


def pair_vae(average="gvae"):
    torch.manual_seed(0)
    spec = parse(models.get("ada_gvae"), {"latents": 2, "encoder": MLP, "decoder": MLP, "average": average})
    return spec.build(IMAGE)


class Posteriors(nn.Module):
    """Stands in for an encoder: gives its parameters."""

    def __init__(self, values):
        super().__init__()
        self.values = nn.Parameter(torch.tensor(values))

    def forward(self, x):
        return self.values


def averaged_by_hand(mu1, logvar1, mu2, logvar2, average):
    v1, v2 = math.exp(logvar1), math.exp(logvar2)
    if average == "gvae":
        return (mu1 + mu2) / 2, math.log((v1 + v2) / 2)
    variance = 2 * v1 * v2 / (v1 + v2)
    return variance / 2 * (mu1 / v1 + mu2 / v2), math.log(variance)


def loss_by_hand(values, shared, average, eps, weight, bias, images):
    """Mean over both images of reconstruction + β·KL; everything is a float."""
    total = 0.0
    for image in range(2):
        z, kl = [], 0.0
        for latent in range(2):
            own = values[image][latent], values[image][latent + 2]
            pair = [value for one in values for value in (one[latent], one[latent + 2])]
            mu, logvar = averaged_by_hand(*pair, average) if shared[latent] else own
            kl += (mu**2 + math.exp(logvar) - 1 - logvar) / 2
            z.append(mu + math.exp(logvar / 2) * eps[image][latent])
        reconstruction = 0.0
        for pixel in range(4):
            logit = bias[pixel] + sum(weight[pixel][latent] * z[latent] for latent in range(2))
            lit = 1 / (1 + math.exp(-logit))
            x = images[image][pixel]
            reconstruction -= x * math.log(lit) + (1 - x) * math.log(1 - lit)
        total += (reconstruction + BETA * kl) / 2
    return total


@pytest.mark.parametrize("average", ["gvae", "ml_vae"])
@pytest.mark.parametrize("pair", PAIRS)
def test_loss_and_gradient_of_a_pair_by_hand(pair, average):
    values, model = PAIRS[pair], pair_vae(average)
    linear = nn.Linear(2, 4)
    model.encoder, model.decoder = Posteriors(values), nn.Sequential(linear, nn.Unflatten(1, IMAGE))
    x = torch.tensor([[0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0]])
    first, second = x.reshape(2, 1, *IMAGE)
    outputs = model(first, torch.Generator().manual_seed(5), x_pair=second)
    loss = BetaVaeObjective(lambda step: BETA, 2, 4)(outputs, 0)["loss"]
    loss.backward()

    eps = torch.randn(2, 2, generator=torch.Generator().manual_seed(5)).tolist()
    rest = SHARED[pair], average, eps, linear.weight.tolist(), linear.bias.tolist(), x.tolist()
    assert loss.item() == pytest.approx(loss_by_hand(values, *rest), rel=1e-6)
    for place in np.ndindex(2, 4):
        higher, lower = np.array(values), np.array(values)
        higher[place] += 1e-5
        lower[place] -= 1e-5
        by_hand = (loss_by_hand(higher.tolist(), *rest) - loss_by_hand(lower.tolist(), *rest)) / 2e-5
        assert model.encoder.values.grad[place].item() == pytest.approx(by_hand, abs=1e-6, rel=1e-6)


def test_the_distance_is_twice_the_kl_of_the_first_to_the_second():
    (mu1, logvar1), (mu2, logvar2) = torch.randn(2, 2, 5, 3, generator=torch.Generator().manual_seed(0)).double()
    first, second = Normal(mu1, (logvar1 / 2).exp()), Normal(mu2, (logvar2 / 2).exp())
    found = plugin().distances(mu1, logvar1, mu2, logvar2)
    assert torch.allclose(found, 2 * kl_divergence(first, second), rtol=1e-12)


def test_each_pair_shares_latents_of_its_own():
    # The distances are the squared differences of the means: 0, 1, 4 and 9; then 100, 0, 0 and 49.
    mu = torch.tensor([[0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 1.0, 2.0, 3.0], [10.0, 0.0, 0.0, 7.0]])
    found, _ = plugin().share(mu, torch.zeros(4, 4), "gvae")
    assert found[:2].tolist() == [[0.0, 0.5, 1.0, 0.0], [0.0, 0.0, 0.0, 3.5]]
    assert found[2:].tolist() == [[0.0, 0.5, 1.0, 3.0], [10.0, 0.0, 0.0, 3.5]]


def test_without_partners_it_is_a_vae():
    model, x = pair_vae(), torch.rand(3, *IMAGE)
    torch.manual_seed(0)
    vae = parse(models.get("vae"), {"latents": 2, "encoder": MLP, "decoder": MLP}).build(IMAGE)
    mine, its = (each(x, torch.Generator().manual_seed(1)) for each in (model, vae))
    assert all(torch.equal(getattr(mine, name), getattr(its, name)) for name in ("mu", "logvar", "z", "kl"))
    assert torch.equal(mine.reconstruction, its.reconstruction)


VAE_OBJECTIVES = [
    entry.name for entry in objectives.entries() if entry.item.needs <= {"reconstruction", "posterior", "sample"}
]


def recipe(objective="beta_vae", **training):
    return {
        "name": "small",
        "dataset": {"type": "arrays", "path": "data.npz"},
        "model": {"type": "ada_gvae", "latents": 3, "encoder": MLP, "decoder": MLP},
        "objective": objective,
        "training": {"steps": 3, "batch_size": 16, "precision": "fp32", **training},
    }


@pytest.mark.parametrize("objective", VAE_OBJECTIVES)
def test_every_objective_of_a_vae_trains_it(objective, workplace: Path):
    small = parse_recipe(recipe(objective))
    dataset = small.dataset.open()
    batches = sampler_of(small).build(dataset, np.arange(75), 16, 0)
    stepper = Stepper(build(small, dataset, 75, torch.device("cpu")), torch.device("cpu"), "fp32")
    for step in range(2):
        terms, outputs = stepper.run(batches(step), step)
        assert torch.isfinite(torch.as_tensor(terms["loss"]))
        assert outputs.z.shape == (32, 3)


def test_a_sampler_without_partners_is_an_error(tmp_path: Path):
    with pytest.raises(RecipeError, match="takes x_pair, which sampler 'shuffled' does not give"):
        parse_recipe(recipe(sampler="shuffled"))
    assert parse_recipe(recipe(sampler="sequences")).training.sampler.component == "sequences"
    shipped = load_recipe(Path(__file__).parents[2] / "recipes/pairs.yaml").recipe
    assert shipped.training.sampler.gives >= shipped.model.takes
