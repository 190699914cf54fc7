import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bvtk.build import build, build_dataset
from bvtk.component import objectives, parse
from bvtk.engine.checkpoint import resume, save_checkpoint
from bvtk.engine.state import TrainingState
from bvtk.engine.step import Stepper
from bvtk.errors import RunError
from bvtk.objectives.infogan import discriminator_loss, generator_loss, mutual_information_bound
from bvtk.plugins import discover
from bvtk.protocols import Batch, ImageShape, ObjectiveContext
from bvtk.recipe import load_recipe
from bvtk.seeding import derive
from tests.conftest import squares

discover(installed=False)

CPU = torch.device("cpu")
LOG_2 = math.log(2)
GRID = torch.linspace(-1, 1, 20_001, dtype=torch.float64)[:-1] + 1 / 20_000
"""Equally spaced codes: a mean over them is an expectation over U(−1, 1)."""
GAP = 0.5 * math.log(2 * math.pi * math.e / 12)
"""KL(U ‖ N) between a uniform density and the normal with its mean and variance: the error of a Gaussian q."""

RECIPE = """\
name: infogan
dataset: {type: arrays, path: padded.npz}
model: {type: infogan, latents: 2, noise: 3}
objective: {type: infogan, discriminator_optimizer: {type: adam, lr: 2e-3, beta1: 0.5}}
training: {steps: 8, batch_size: 16, optimizer: {type: adam, lr: 1e-2, beta1: 0.5}, precision: fp32}
"""


def bound(codes, mu, variance):
    codes, mu = codes.reshape(len(codes), -1), mu.reshape(len(codes), -1)
    return mutual_information_bound(codes, mu, torch.full_like(codes, variance).log()).item()


def test_the_bound_of_a_constant_recogniser():
    # E log N(c; 0, σ²) = −½(E[c²]/σ² + log 2πσ²) with E[c²] = 1/3, plus log 2.
    for variance in (1.0, 1 / 3, 0.25):
        expected = -0.5 * (1 / (3 * variance) + math.log(2 * math.pi * variance)) + LOG_2
        assert bound(GRID, torch.zeros_like(GRID), variance) == pytest.approx(expected, abs=1e-6)
    # With the variance of the codes, the bound differs from the true 0 only by the error of the Gaussian.
    assert bound(GRID, torch.zeros_like(GRID), 1 / 3) == pytest.approx(-GAP, abs=1e-6)


def test_the_bound_of_exact_means_with_a_variance():
    # The means are exact: log N(c; c, σ²) = −½ log 2πσ², for each of two codes.
    codes = torch.stack([GRID, -GRID], dim=1)
    assert bound(codes, codes, 0.01) == pytest.approx(2 * (LOG_2 - 0.5 * math.log(2 * math.pi * 0.01)))


def test_images_that_show_the_sign_of_a_code_have_one_bit():
    # q(c | sign) is centred in its half, with the variance 1/12 of that half: the bound is one bit minus the error.
    found = bound(GRID, 0.5 * GRID.sign(), 1 / 12)
    assert found == pytest.approx(LOG_2 - GAP, abs=1e-6)
    assert found < LOG_2


def test_no_recogniser_exceeds_the_mutual_information():
    # x = c + ε with ε ~ U(−¼, ¼): h(x) of a trapezium of height ½, flat over 1.5 and with two ramps of ½, minus h(ε).
    information = LOG_2 + 0.5 * 0.5 * 0.5 - math.log(0.5)
    generator = torch.Generator().manual_seed(0)
    codes = 2 * torch.rand(100_000, generator=generator, dtype=torch.float64) - 1
    x = codes + 0.5 * torch.rand(codes.shape, generator=generator, dtype=torch.float64) - 0.25
    bounds = [bound(codes, scale * x, variance) for scale in (0.9, 1.0) for variance in (0.01, 1 / 48, 0.05)]
    assert max(bounds) < information
    assert bounds[4] == pytest.approx(LOG_2 - math.log(0.5) - GAP, abs=0.01)  # q = N(x, Var ε)


def test_losses_at_known_probabilities():
    # D = 0.75 and 0.5 for real images, 0.2 and 0.5 for generated ones.
    real, fake = torch.tensor([math.log(3), 0.0]), torch.tensor([-math.log(4), 0.0])
    on_real = -(math.log(0.75) + math.log(0.5)) / 2
    on_fake = -(math.log(0.8) + math.log(0.5)) / 2
    assert discriminator_loss(real, fake).item() == pytest.approx(on_real + on_fake)
    assert generator_loss(fake).item() == pytest.approx(-(math.log(0.2) + math.log(0.5)) / 2)


def test_losses_of_a_certain_discriminator_are_finite_and_have_a_gradient():
    fake = torch.tensor([-200.0], requires_grad=True)
    generator_loss(fake).backward()
    assert fake.grad.item() == pytest.approx(-1.0)  # does not saturate
    assert discriminator_loss(torch.tensor([-200.0]), torch.tensor([200.0])).item() == pytest.approx(400.0)


def objective(**fields):
    context = ObjectiveContext(ImageShape(1, 16, 16), latents=1, dataset_size=100, training_steps=100)
    return parse(objectives.get("infogan"), fields).build(context)


def made():
    """All logits are 0 except for one real image; a code of 1 is recognised as 0 with variance 1."""
    one = torch.ones(2, 1)
    zeros = torch.zeros(2, 1, requires_grad=True)
    return SimpleNamespace(
        real_logits=torch.tensor([2.0, 0.0]), fake_logits=torch.zeros(2), codes=one, mu=zeros, logvar=0 * one
    )


def test_both_losses_contain_the_mutual_information():
    terms = objective(information=2.0)(made(), step=0)
    shared = LOG_2 - 0.5 * (1 + math.log(2 * math.pi))
    assert terms["mutual_information"].item() == pytest.approx(shared)
    assert terms["loss"].item() == pytest.approx(LOG_2 - 2 * shared)
    on_real = (math.log1p(math.exp(-2)) + LOG_2) / 2
    assert terms["discriminator_loss"].item() == pytest.approx(on_real + LOG_2 - 2 * shared)
    assert terms["discriminator_accuracy"].item() == pytest.approx(0.75)
    assert terms["information"] == 2.0
    assert not terms["mutual_information"].requires_grad


def test_the_weight_follows_its_schedule():
    built = objective(information={"type": "linear", "start": 0, "end": 1})
    assert [built(made(), step)["information"] for step in (0, 50, 100)] == [0.0, 0.5, 1.0]


@pytest.fixture
def infogan(workplace):
    """Builds a small InfoGAN, given overrides."""
    images, factors = squares()
    np.savez("padded.npz", images=np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))), factors=factors)
    (workplace / "infogan.yaml").write_text(RECIPE)

    def make(*overrides):
        recipe = load_recipe(workplace / "infogan.yaml", overrides).recipe
        dataset = build_dataset(recipe)
        experiment = build(recipe, dataset, len(dataset), CPU)
        experiment.model.train()
        return experiment

    return make


SGD = (
    "training.optimizer={type: sgd, lr: 0.1}",
    "objective.discriminator_optimizer={type: sgd, lr: 0.01}",
    "objective.information=0.5",
)


def test_a_step_updates_each_network_by_the_gradient_of_its_own_loss(infogan):
    built, twin = infogan(*SGD), infogan(*SGD)
    Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(16)}), 0)
    x = torch.from_numpy(twin.dataset.images(np.arange(16)).astype(np.float32))
    terms = twin.objective(twin.model(x, torch.Generator().manual_seed(derive(0, "noise", 0))), 0)
    for player, loss, rate in (("generator", "loss", 0.1), ("discriminator", "discriminator_loss", 0.01)):
        weights = list(getattr(twin.model, player).parameters())
        gradients = torch.autograd.grad(terms[loss], weights, retain_graph=True)
        moved = list(getattr(built.model, player).parameters())
        assert len(moved) == len(weights)
        for after, before, gradient in zip(moved, weights, gradients, strict=True):
            assert gradient.abs().sum() > 0
            torch.testing.assert_close(after.detach(), (before - rate * gradient).detach(), rtol=1e-5, atol=1e-6)


def test_each_network_has_its_optimiser(infogan):
    own, other = infogan().parts
    assert (own.name, own.loss, other.name, other.loss) == ("model", "loss", "discriminator", "discriminator_loss")
    assert (own.learning_rate(0), other.learning_rate(0)) == (1e-2, 2e-3)


def train(state, steps):
    stepper = Stepper(state.experiment, CPU, "fp32")
    for _ in range(steps):
        terms, _ = stepper.run(Batch({"x": (np.arange(16) + 5 * state.step) % 75}), state.step)
        state.window.add(terms)
        state.step += 1
    return state


def test_a_resumed_training_continues_bit_for_bit(infogan, workplace):
    straight = train(TrainingState(infogan()), 7).tensors()
    save_checkpoint(train(TrainingState(infogan()), 4), workplace, keep=1)
    resumed = TrainingState(infogan())
    assert resume(resumed, workplace, pytest.fail)
    found = train(resumed, 3).tensors()
    assert any(name.endswith("running_mean") for name in found["model"])
    assert sum(name.endswith(".exp_avg") for name in found["optimizer"]) == len(list(infogan().model.parameters()))
    for part, tensors in straight.items():
        assert tensors.keys() == found[part].keys()
        assert all(torch.equal(found[part][name], value) for name, value in tensors.items())


def test_codes_are_learnt(infogan):
    state = TrainingState(infogan("objective.information=1"))
    shared = information(state, "fp32", steps=40, batch=32)
    state.check_finite(state.tensors())
    assert sum(shared[-10:]) / 10 > sum(shared[:10]) / 10 + 0.3


def test_all_values_stay_finite_in_half_precision(infogan):
    """Few steps of few images: processors without this type take a hundred times as long."""
    state = TrainingState(infogan("objective.information=1"))
    assert all(map(math.isfinite, information(state, "bf16", steps=6, batch=8)))
    state.check_finite(state.tensors())


def information(state, precision, steps, batch):
    """The bound of the mutual information over some steps of training."""
    stepper = Stepper(state.experiment, CPU, precision)
    indices = [(np.arange(batch) + 7 * step) % 75 for step in range(steps)]
    return [stepper.run(Batch({"x": x}), step)[0]["mutual_information"].item() for step, x in enumerate(indices)]


def test_weights_that_are_not_finite_stop_the_training_by_name(infogan):
    built = infogan()
    with torch.no_grad():
        built.model.discriminator.recognition[-1].weight.fill_(float("nan"))
    with pytest.raises(RunError, match=r"weights discriminator\.recognition\.3\.weight are not finite"):
        Stepper(built, CPU, "fp32").run(Batch({"x": np.arange(16)}), 3)
