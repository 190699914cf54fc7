from __future__ import annotations

import pytest
import torch

from bvtk.component import dump, objectives, parse
from bvtk.objectives.beta_vae import beta_vae_loss, bound_terms, normalised_beta
from bvtk.passes import Outputs
from bvtk.protocols import ImageShape, ObjectiveContext


def test_terms_are_sums_over_latents_and_means_over_images():
    reconstruction, kl = bound_terms(torch.tensor([100.0, 300.0]), torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    assert (reconstruction.item(), kl.item()) == (200.0, 6.0)


RECONSTRUCTION = torch.tensor([100.0, 300.0], requires_grad=True)
KL = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 9.0]])


def test_the_loss_is_a_sum_over_latents_and_a_mean_over_images():
    # The means of 100 and 300, and of 6 and 18.
    loss, reconstruction, kl = beta_vae_loss(RECONSTRUCTION, KL, beta=4.0)
    assert (reconstruction.item(), kl.item(), loss.item()) == (200.0, 12.0, 248.0)


@pytest.mark.parametrize(
    ("beta", "latents", "pixels", "published"),
    [(4, 10, 64 * 64, 0.00977), (250, 32, 3 * 64 * 64, 0.651)],
)
def test_normalised_beta_of_the_paper(beta, latents, pixels, published):
    assert normalised_beta(beta, latents, pixels) == pytest.approx(published, abs=5e-4 * published + 5e-6)


def build(**fields):
    context = ObjectiveContext(ImageShape(1, 64, 64), latents=3, dataset_size=1000, training_steps=100)
    return parse(objectives.get("beta_vae"), fields).build(context)


def outputs():
    nothing = torch.zeros(2, 3)
    return Outputs(torch.zeros(2, 1, 64, 64), nothing, nothing, nothing, RECONSTRUCTION, KL)


def test_the_objective_gives_the_loss_and_its_terms():
    terms = build()(outputs(), step=0)
    assert {name: torch.as_tensor(value).item() for name, value in terms.items()} == {
        "loss": 248.0,
        "reconstruction": 200.0,
        "kl": 12.0,
        "beta": 4.0,
        "beta_norm": 4.0 * 3 / 4096,
    }
    assert terms["loss"].requires_grad
    assert not terms["reconstruction"].requires_grad


def test_beta_follows_its_schedule():
    objective = build(beta={"type": "linear", "start": 0, "end": 8})
    losses = {step: objective(outputs(), step)["loss"].item() for step in (0, 50, 100)}
    assert losses == {0: 200.0, 50: 248.0, 100: 296.0}


def test_the_default_beta_is_the_papers():
    assert dump(parse(objectives.get("beta_vae"), {})) == {
        "type": "beta_vae",
        "beta": {"type": "constant", "value": 4.0},
    }
