"""Checks of optimisers."""

from __future__ import annotations

import copy

import torch
from torch import nn

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import TRAINING_STEPS
from bvtk.component import OptimizerSpec


def check_optimizer(report: Report, spec: OptimizerSpec) -> None:
    """Checks that an optimiser lowers a sum of squares, and that checkpoints keep its state."""
    if report.holds("lowers a sum of squares", _check_descent, spec):
        report.holds("a checkpoint contains its whole state", _check_resume, spec)


def _check_descent(spec: OptimizerSpec) -> None:
    layer = nn.Linear(3, 3)
    optimizer = spec.build(layer.parameters())
    kind = type(optimizer).__name__
    require(isinstance(optimizer, torch.optim.Optimizer), f"build(…) returned {kind}, expected a torch.optim.Optimizer")
    rate = spec.lr.build(TRAINING_STEPS)

    def loss() -> torch.Tensor:
        return torch.stack([p.square().sum() for p in layer.parameters()]).sum()

    first = loss().item()
    for step in range(20):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.zero_grad()
        loss().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    last = loss().item()
    require(last < first, f"changed a sum of squares from {first:g} to {last:g} in 20 steps, expected it to fall")


def _check_resume(spec: OptimizerSpec) -> None:
    """Compares an optimiser with a new one that gets what a checkpoint keeps: the tensors of its state."""
    layer = nn.Linear(3, 3)
    optimizer = spec.over(list(layer.parameters()))
    _steps(spec, layer, optimizer, range(3))
    other = copy.deepcopy(layer)
    resumed = spec.over(list(other.parameters()))
    state = optimizer.state_dict()["state"]
    kept = {
        number: {name: value.clone() for name, value in values.items() if isinstance(value, torch.Tensor)}
        for number, values in state.items()
    }
    resumed.load_state_dict({"state": kept, "param_groups": resumed.state_dict()["param_groups"]})
    hint = "keep all that it learns as tensors in the `state` of each parameter"
    for each, one in ((layer, optimizer), (other, resumed)):
        try:
            _steps(spec, each, one, range(3, 6))
        except KeyError as error:
            require(False, f"its state {error} is not in a checkpoint: {hint}")
    same = all(torch.equal(one, two) for one, two in zip(layer.parameters(), other.parameters(), strict=True))
    require(same, f"resumed from a checkpoint, it continued differently: {hint}")


def _steps(spec: OptimizerSpec, layer: nn.Linear, optimizer: torch.optim.Optimizer, steps: range) -> None:
    rate = spec.lr.build(TRAINING_STEPS)
    for step in steps:
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        optimizer.zero_grad()
        torch.stack([parameter.square().sum() for parameter in layer.parameters()]).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
