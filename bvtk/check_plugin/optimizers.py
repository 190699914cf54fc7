"""Checks of optimisers and schedules."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import TRAINING_STEPS
from bvtk.component import OptimizerSpec, ScheduleSpec


def check_optimizer(report: Report, spec: OptimizerSpec) -> None:
    """Checks that an optimiser lowers a sum of squares, and that checkpoints keep its state."""
    if report.holds("lowers a sum of squares", _check_descent, spec):
        report.holds("a checkpoint contains its whole state", _check_resume, spec)


def check_schedule(report: Report, spec: ScheduleSpec) -> None:
    """Checks a schedule at every step of a training and after it."""
    if report.holds("is finite and within its bounds at every step", _check_values, spec):
        report.holds("depends only on the step", _check_purity, spec)


def _check_descent(spec: OptimizerSpec) -> None:
    layer = nn.Linear(3, 3)
    optimizer = spec.build(layer.parameters())
    kind = type(optimizer).__name__
    require(isinstance(optimizer, torch.optim.Optimizer), f"build(…) returned {kind}, expected a torch.optim.Optimizer")
    first = _loss(layer).item()
    _steps(spec, layer, optimizer, range(20))
    last = _loss(layer).item()
    require(last < first, f"changed a sum of squares from {first:g} to {last:g} in 20 steps, expected it to fall")


def _check_resume(spec: OptimizerSpec) -> None:
    """Compares an optimiser with a new one that gets what a checkpoint keeps: the tensors of its state."""
    layer = nn.Linear(3, 3)
    optimizer = spec.over(list(layer.parameters()))
    _steps(spec, layer, optimizer, range(3))
    other = copy.deepcopy(layer)
    resumed = spec.over(list(other.parameters()))
    kept = {
        number: {name: value.clone() for name, value in values.items() if isinstance(value, torch.Tensor)}
        for number, values in optimizer.state_dict()["state"].items()
    }
    resumed.load_state_dict({"state": kept, "param_groups": resumed.state_dict()["param_groups"]})
    hint = "keep all that it learns as tensors in the `state` of each parameter"
    _steps(spec, layer, optimizer, range(3, 6))
    try:
        _steps(spec, other, resumed, range(3, 6))
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
        _loss(layer).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _loss(layer: nn.Linear) -> torch.Tensor:
    return torch.stack([parameter.square().sum() for parameter in layer.parameters()]).sum()


def _check_values(spec: ScheduleSpec) -> None:
    low, high = spec.bounds()
    require(low <= high, f"bounds() returned ({low:g}, {high:g}), expected the lower one first")
    for length in (1, TRAINING_STEPS):
        value = spec.build(length)
        for step in [*range(length), length, 10 * length]:
            found = value(step)
            require(isinstance(found, int | float), f"returned {type(found).__name__} at step {step}, expected a float")
            require(math.isfinite(found), f"returned {found} at step {step}")
            slack = 1e-9 * max(1.0, abs(found))
            inside = low - slack <= found <= high + slack
            require(inside, f"returned {found:g} at step {step}, expected {low:g} to {high:g} as in bounds()")


def _check_purity(spec: ScheduleSpec) -> None:
    steps = range(TRAINING_STEPS)
    value, again = spec.build(TRAINING_STEPS), spec.build(TRAINING_STEPS)
    forwards = [value(step) for step in steps]
    backwards = [again(step) for step in reversed(steps)][::-1]
    differing = [step for step in steps if forwards[step] != backwards[step]]
    require(not differing, f"its value at {len(differing)} of {TRAINING_STEPS} steps depends on previous calls")
