"""Checks of optimisers."""

from __future__ import annotations

import torch
from torch import nn

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import TRAINING_STEPS
from bvtk.component import OptimizerSpec


def check_optimizer(report: Report, spec: OptimizerSpec) -> None:
    """Checks that an optimiser lowers a sum of squares."""
    report.holds("lowers a sum of squares", _check_descent, spec)


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
