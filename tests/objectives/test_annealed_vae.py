import pytest
import torch

from bvtk.objectives.annealed_vae import capacity_penalty
from tests.objectives.passes import build, numbers, outputs

KL = [[1.0, 2.0], [3.0, 6.0]]
"""3 and 9 nats per image, 6 on average."""


@pytest.mark.parametrize(
    ("kl", "penalty", "gradient"),
    [(6.0, 30.0, 10.0), (1.0, 20.0, -10.0), (3.0, 0.0, 0.0)],
    ids=["above the capacity", "below the capacity", "at the capacity"],
)
def test_the_penalty_is_the_distance_on_both_sides(kl, penalty, gradient):
    value = torch.tensor(kl, requires_grad=True)
    found = capacity_penalty(value, gamma=10.0, capacity=3.0)
    found.backward()
    assert (found.item(), value.grad.item()) == (penalty, gradient)


def test_the_kl_is_averaged_before_the_distance():
    # |6 − 6| = 0; the mean of |3 − 6| and |9 − 6| would be 3.
    terms = build("annealed_vae", gamma=100, capacity=6)(outputs(kl=KL, reconstruction=[10.0, 20.0]), 0)
    assert numbers(terms) == {"loss": 15.0, "reconstruction": 15.0, "kl": 6.0, "capacity": 6.0, "gamma": 100.0}
    assert terms["capacity"] == 6.0


@pytest.mark.parametrize(("step", "loss"), [(0, 6000.0), (25, 1000.0), (100, 14000.0)])
def test_the_capacity_follows_its_schedule(step, loss):
    # |6 − 0|, |6 − 5|, |6 − 20|, each times 1000.
    built = build("annealed_vae", capacity={"type": "linear", "end": 20})
    assert built(outputs(kl=KL), step)["loss"].item() == pytest.approx(loss)


def test_gamma_follows_its_schedule():
    built = build("annealed_vae", gamma={"type": "linear", "end": 50}, capacity=4)
    assert [built(outputs(kl=KL), step)["loss"].item() for step in (0, 50, 100)] == [0.0, 50.0, 100.0]
