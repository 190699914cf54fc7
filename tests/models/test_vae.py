import pytest
import torch
from torch import nn

from bvtk.models.vae import Vae, kl_divergence, sample
from bvtk.protocols import ImageShape

from .builders import vae

SMALL = ImageShape(3, 16, 16)


def small(**fields):
    torch.manual_seed(0)
    return vae(SMALL, latents=4, **fields)


def images(count=3):
    return torch.rand(count, *SMALL, generator=torch.Generator().manual_seed(1))


def test_kl_is_torchs_closed_form():
    mu, logvar = torch.randn(2, 50, 4, generator=torch.Generator().manual_seed(0)).double()
    posterior = torch.distributions.Normal(mu, (logvar / 2).exp())
    prior = torch.distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu))
    torch.testing.assert_close(kl_divergence(mu, logvar), torch.distributions.kl_divergence(posterior, prior))


def test_kl_by_hand():
    # ½(μ² + σ² − 1 − log σ²) at μ = 3, σ² = 1 and at μ = 0, σ² = e.
    kl = kl_divergence(torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 1.0]]))
    assert kl.tolist()[0] == pytest.approx([4.5, 0.5 * (2.718281828 - 2)])


def test_kl_of_a_collapsed_latent_is_accurate():
    logvar = torch.tensor([[1e-3]])
    assert kl_divergence(torch.zeros(1, 1), logvar).item() == pytest.approx(0.25e-6, rel=1e-3)


def test_samples_have_the_posteriors_moments():
    mu, logvar = torch.tensor([[2.0]]), torch.tensor([[0.25]]).log()
    z = sample(mu.expand(100_000, 1), logvar.expand(100_000, 1), torch.Generator().manual_seed(0))
    assert z.mean().item() == pytest.approx(2.0, abs=0.01)
    assert z.std().item() == pytest.approx(0.5, abs=0.01)


def test_the_generator_draws_the_sample():
    model = small()
    draws = [model(images(), torch.Generator().manual_seed(seed)).z for seed in (5, 5, 6)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    before = torch.get_rng_state()
    model(images(), torch.Generator().manual_seed(5))
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_generator_torchs_default_draws():
    model = small()
    torch.manual_seed(3)
    first = model(images()).z
    torch.manual_seed(3)
    assert torch.equal(model(images()).z, first)


@pytest.mark.parametrize("likelihood", ["bernoulli", {"type": "gaussian", "sigma": "learned"}, "laplace"])
def test_outputs_have_their_shapes_and_all_parameters_gradients(likelihood):
    model = small(likelihood=likelihood)
    outputs = model(images())
    assert outputs.mu.shape == outputs.logvar.shape == outputs.z.shape == outputs.kl.shape == (3, 4)
    assert outputs.reconstruction.shape == (3,)
    (outputs.reconstruction.mean() + outputs.kl.sum(1).mean()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_everything_is_float32_under_bf16_autocast():
    model = small(encoder="burgess", decoder="burgess")
    with torch.autocast("cpu", torch.bfloat16):
        outputs = model(images())
        mean = model.decode(outputs.z)
    made = (outputs.mu, outputs.logvar, outputs.z, outputs.reconstruction, outputs.kl, mean)
    assert {tensor.dtype for tensor in made} == {torch.float32}


class Constant(nn.Module):
    """The same features for every image."""

    def __init__(self, *features):
        super().__init__()
        self.features = nn.Parameter(torch.tensor(features))

    def forward(self, x):
        return self.features.expand(len(x), -1)


@pytest.mark.parametrize(("raw", "clamped"), [(200.0, 20.0), (-200.0, -30.0), (1.0, 1.0)])
def test_log_variances_are_clamped(raw, clamped):
    whole = small()
    model = Vae(1, Constant(0.0, raw), vae(SMALL, latents=1).decoder, whole.likelihood)
    outputs = model(images())
    assert outputs.logvar.unique().tolist() == [clamped]
    assert torch.isfinite(outputs.kl).all()
    assert torch.isfinite(outputs.z).all()


def test_the_first_half_of_the_encoders_outputs_are_means():
    model = Vae(2, Constant(1.0, 2.0, 3.0, 4.0), small().decoder, small().likelihood)
    mu, logvar = model.encode(images(1))
    assert (mu.tolist(), logvar.tolist()) == ([[1.0, 2.0]], [[3.0, 4.0]])


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian", "laplace"])
def test_decoded_images_are_within_0_and_1(likelihood):
    mean = small(likelihood=likelihood).decode(10 * torch.randn(8, 4))
    assert mean.shape == (8, *SMALL)
    assert 0 <= mean.min() <= mean.max() <= 1


def test_the_seed_decides_the_weights():
    first, second = (small().state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_tensors_are_named_after_their_part():
    parts = {name.split(".")[0] for name in small(likelihood={"type": "gaussian", "sigma": "learned"}).state_dict()}
    assert parts == {"encoder", "decoder", "likelihood"}
