"""DC-IGN against numbers computed by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from bvtk.component import models, parse
from bvtk.errors import Interrupted
from bvtk.models.dc_ign import Clamp, DcIgn
from bvtk.models.likelihoods import Gaussian
from bvtk.protocols import ImageShape
from tests.conftest import squares
from tests.engine.test_loop import run

SMALL = ImageShape(1, 8, 8)


def spec(**fields):
    return parse(models.get("dc_ign"), fields)


class TestClamp:
    """Three images, two latents, the second active."""

    Z = ((1.0, 10.0), (2.0, 20.0), (6.0, 60.0))

    def clamped(self, pull=0.5):
        z = torch.tensor(self.Z, requires_grad=True)
        return z, Clamp.apply(z, torch.tensor([False, True]), pull)

    def test_inactive_latents_become_their_mean(self):
        _, clamped = self.clamped()
        assert clamped.tolist() == [[3.0, 10.0], [3.0, 20.0], [3.0, 60.0]]

    def test_gradients_of_inactive_latents_are_the_difference_from_the_mean(self):
        z, clamped = self.clamped(pull=0.5)
        clamped.backward(torch.tensor([[7.0, -1.0], [8.0, -2.0], [9.0, 5.0]]))
        # First column (1 − 3)/2, (2 − 3)/2, (6 − 3)/2, whatever the incoming gradient is.
        assert z.grad.tolist() == [[-1.0, -1.0], [-0.5, -2.0], [1.5, 5.0]]

    def test_the_pull_is_the_gradient_of_half_the_squared_differences(self):
        z, clamped = self.clamped(pull=0.01)
        clamped.sum().backward()
        other = torch.tensor(self.Z, requires_grad=True)
        (0.005 * (other - other.mean(dim=0)).square()).sum().backward()
        assert z.grad[:, 0].tolist() == pytest.approx(other.grad[:, 0].tolist())

    def test_several_latents_or_none_may_be_active(self):
        z = torch.tensor(self.Z)
        assert torch.equal(Clamp.apply(z, torch.tensor([True, True]), 1.0), z)
        assert Clamp.apply(z, torch.tensor([False, False]), 1.0).tolist() == [[3.0, 30.0]] * 3


class Means(nn.Module):
    """An encoder whose means are parameters and whose posteriors are points."""

    def __init__(self, means):
        super().__init__()
        self.means = nn.Parameter(torch.tensor(means))

    def forward(self, x):
        return torch.cat([self.means, torch.full_like(self.means, -200.0)], dim=1)


class Sum(nn.Module):
    """A decoder to one pixel: the sum of the latents."""

    def forward(self, z):
        return z.sum(dim=1).reshape(-1, 1, 1, 1)


def tiny(means):
    return DcIgn(2, Means(means), Sum(), Gaussian(1.0), ("x",))


def test_the_pull_is_a_hundredth_of_the_difference_divided_by_the_batch_size():
    model = tiny([[1.0, 0.0], [3.0, 4.0]])
    outputs = model(torch.zeros(2, 1, 1, 1), torch.Generator().manual_seed(0), varied="x")
    outputs.reconstruction.mean().backward()
    # The decoder gets (1, 2) and (3, 2), so pixels of 3 and 5: an image's loss ½·pixel² has the gradients 3 and 5.
    # The second latent is pulled by (0 − 2)/100 and (4 − 2)/100. Both are halved by the mean over two images.
    expected = [[1.5, -0.01], [2.5, 0.01]]
    torch.testing.assert_close(model.encoder.means.grad, torch.tensor(expected), rtol=1e-4, atol=1e-6)


def test_the_clamp_does_not_affect_the_kl():
    model = tiny([[1.0, 0.0], [3.0, 4.0]])
    x = torch.zeros(2, 1, 1, 1)
    clamped, free = (model(x, torch.Generator().manual_seed(0), varied) for varied in ("x", None))
    assert torch.equal(clamped.kl, free.kl)
    assert torch.equal(clamped.z, free.z)
    clamped.kl.sum(dim=1).mean().backward()
    assert model.encoder.means.grad.tolist() == [[0.5, 0.0], [1.5, 2.0]]  # μ/B


def test_without_a_varied_factor_it_is_a_vae():
    torch.manual_seed(0)
    model, x = spec().build(SMALL), torch.rand(4, *SMALL)
    plain = parse(models.get("vae"), {"encoder": "dc_ign", "decoder": "dc_ign"}).build(SMALL)
    plain.load_state_dict(model.state_dict())
    found, wanted = (m(x, torch.Generator().manual_seed(1)) for m in (model, plain))
    assert torch.equal(found.reconstruction, wanted.reconstruction)


def test_the_decoder_gets_only_the_latents_of_the_varied_factor():
    torch.manual_seed(0)
    model = spec(latents=3, factors=["x"]).build(SMALL)
    x = torch.rand(5, *SMALL)
    model.decoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    for varied, same in (("x", [False, True, True]), ("shape", [True, False, False])):
        seen = []
        model(x, torch.Generator().manual_seed(0), varied)
        assert (seen[0] == seen[0][0]).all(dim=0).tolist() == same


def test_other_factors_share_the_remaining_latents():
    model = spec(latents=6).build(SMALL)
    active = {name: model.active(name).nonzero().flatten().tolist() for name in ("scale", "y", "shape", "colour")}
    assert active == {"scale": [0], "y": [2], "shape": [4, 5], "colour": [4, 5]}


def test_everything_learns_under_bf16():
    torch.manual_seed(0)
    model = spec().build(ImageShape(1, 16, 16)).to(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = model(torch.rand(4, 1, 16, 16), torch.Generator().manual_seed(0), varied="scale")
    assert outputs.reconstruction.dtype == outputs.z.dtype == torch.float32
    (outputs.reconstruction.mean() + outputs.kl.sum(1).mean()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())


OVERRIDES = (
    "model={type: dc_ign, latents: 4, factors: [x, y], encoder: {type: mlp, hidden: [32]}, "
    "decoder: {type: mlp, hidden: [32]}}",
    "training.optimizer={type: rmsprop, lr: 5e-3}",
    "training.held_out=0",
)


def test_latents_learn_their_factors(workplace):
    experiment, _, _ = run("runs", *OVERRIDES, "training.steps=400", "objective.beta=1")
    images, factors = squares()
    with torch.no_grad():
        codes, _ = experiment.model.encode(torch.from_numpy(images).float())
    correlations = np.abs(np.corrcoef(codes.T, factors.T)[:4, 4:])
    assert correlations[0].argmax() == 1  # the first latent is that of x, the second that of y
    assert correlations[1].argmax() == 2
    assert correlations[[0, 1], [1, 2]].min() > 0.9


def test_an_interrupted_training_resumes_bit_for_bit(workplace):
    networks = ("model={type: dc_ign, latents: 4, factors: [x, y]}", "training.batch_size=4", *OVERRIDES[1:])
    straight, _, _ = run("straight", *networks)
    with pytest.raises(Interrupted):
        run("halted", *networks, stop_at=20)
    resumed, _, _ = run("halted", *networks)
    wanted, found = straight.model.state_dict(), resumed.model.state_dict()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
