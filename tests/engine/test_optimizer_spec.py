from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from bvtk.component import optimizers, parse
from bvtk.plugins import discover

discover(installed=False)
NAMES = ("adagrad", "adam", "adamw", "rmsprop", "sgd")


def stepped(fields: dict, name: str, rate: float, gradient: float) -> float:
    """A weight of 1 after one step."""
    weight = nn.Parameter(torch.tensor([1.0]))
    optimizer = parse(optimizers.get(name), fields).build([weight])
    optimizer.param_groups[0]["lr"] = rate
    weight.grad = torch.tensor([gradient])
    optimizer.step()
    return float(weight.detach())


def test_all_are_registered() -> None:
    assert set(NAMES) <= set(optimizers.names())


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("sgd", {}, 1 - 0.1 * 4),
        ("sgd", {"weight_decay": 0.5}, 1 - 0.1 * (4 + 0.5)),
        ("sgd", {"momentum": 0.9, "nesterov": True}, 1 - 0.1 * (4 + 0.9 * 4)),
        ("adam", {}, 1 - 0.1),  # the first step of Adam is the rate, whatever the gradient
        ("adam", {"weight_decay": 0.5}, 1 - 0.1),
        ("adamw", {"weight_decay": 0.5}, 1 - 0.1 * 0.5 - 0.1),
        ("adagrad", {}, 1 - 0.1),  # g / sqrt(g²)
        ("rmsprop", {"alpha": 0.75}, 1 - 0.1 * 4 / (0.25 * 16) ** 0.5),
    ],
)
def test_a_first_step_is_the_one_done_by_hand(name: str, fields: dict, expected: float) -> None:
    assert stepped(fields, name, 0.1, 4.0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_the_rate_is_a_number_or_a_schedule_and_never_negative(name: str) -> None:
    spec = parse(optimizers.get(name), {"lr": {"type": "cosine", "start": 1e-3, "end": 0}})
    assert spec.lr.build(100)(0) == pytest.approx(1e-3)
    assert parse(optimizers.get(name), {"lr": 0.5}).lr.build(1)(0) == 0.5
    with pytest.raises(ValidationError, match="must be at least 0"):
        parse(optimizers.get(name), {"lr": -1})


@pytest.mark.parametrize(("name", "field"), [("adam", "beta1"), ("sgd", "momentum"), ("rmsprop", "alpha")])
def test_decays_stay_below_one(name: str, field: str) -> None:
    with pytest.raises(ValidationError):
        parse(optimizers.get(name), {field: 1.0})


def test_nesterov_without_momentum_is_refused_in_the_recipe() -> None:
    with pytest.raises(ValidationError, match="momentum"):
        parse(optimizers.get("sgd"), {"nesterov": True})


@pytest.mark.parametrize("name", NAMES)
def test_biases_can_be_spared_from_weight_decay(name: str) -> None:
    """With a gradient of 0, weight decay alone moves a parameter."""
    layer = nn.Linear(2, 2)
    nn.init.ones_(layer.bias)
    before = [parameter.detach().clone() for parameter in (layer.weight, layer.bias)]
    spec = parse(optimizers.get(name), {"weight_decay": 0.1, "decay_biases": False})
    optimizer = spec.over(list(layer.parameters()))
    for group in optimizer.param_groups:
        group["lr"] = 0.1
    for parameter in layer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert not torch.equal(layer.weight.detach(), before[0])
    assert torch.equal(layer.bias.detach(), before[1])


def test_all_parameters_decay_unless_a_recipe_says_otherwise() -> None:
    optimizer = parse(optimizers.get("adamw"), {}).over(list(nn.Linear(2, 2).parameters()))
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.01]
