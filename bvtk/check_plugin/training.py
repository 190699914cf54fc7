"""Checks of what training is made of beside models and objectives: likelihoods, schedules and optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import cast

import torch
from torch import nn

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import (
    BATCH,
    SEED,
    SHAPES,
    check_export,
    check_finite,
    check_gradients,
    check_images,
    seeded,
)
from bvtk.check_plugin.objectives import TRAINING_STEPS
from bvtk.component import LikelihoodSpec, OptimizerSpec, ScheduleSpec
from bvtk.protocols import ImageShape, Likelihood


def check_schedule(report: Report, spec: ScheduleSpec) -> None:
    """Tries a schedule at every step of a training and after it."""
    if report.holds("finite and within its bounds at every step", "", _check_values, spec):
        report.holds("a pure function of the step", "", _check_purity, spec)


def check_likelihood(report: Report, spec: LikelihoodSpec) -> None:
    """Tries a likelihood on outputs of a decoder."""
    fitting = list(report.fitting(partial(_check_likelihood, spec), {image: image for image in SHAPES}))
    if not fitting:
        report.add("problem", f"works for no image shape that was tried: {', '.join(map(str, SHAPES))}")
        return
    shapes = ", ".join(map(str, fitting))
    report.add("ok", f"gives a nll of (batch,) and a mean within [0, 1] for images of {shapes}")
    image = fitting[0]
    report.holds("an export holds all that it learns", "", check_export, partial(spec.build, image), _nll_of(image))


def check_optimizer(report: Report, spec: OptimizerSpec) -> None:
    """Tries an optimiser on the squares of a few numbers."""
    report.holds("lowers a sum of squares and keeps it finite", "", _check_descent, spec)


def _check_values(spec: ScheduleSpec) -> None:
    low, high = spec.bounds()
    require(low <= high, f"bounds() gives ({low:g}, {high:g}), expected the smallest value first")
    for length in (1, TRAINING_STEPS):
        value = spec.build(length)
        for step in [*range(length), length, 10 * length]:
            found = value(step)
            require(isinstance(found, int | float), f"gives {type(found).__name__} at step {step}, expected a float")
            require(math.isfinite(found), f"gives {found} at step {step}")
            slack = 1e-9 * max(1.0, abs(found))
            require(
                low - slack <= found <= high + slack,
                f"gives {found:g} at step {step}, outside its bounds() of {low:g} to {high:g}",
            )


def _check_purity(spec: ScheduleSpec) -> None:
    steps = range(TRAINING_STEPS)
    value, again = spec.build(TRAINING_STEPS), spec.build(TRAINING_STEPS)
    forwards = [value(step) for step in steps]
    backwards = [again(step) for step in reversed(steps)][::-1]
    differing = [step for step in steps if forwards[step] != backwards[step]]
    require(
        not differing, f"its value at {len(differing)} of {TRAINING_STEPS} steps depends on the steps asked for before"
    )


def _check_likelihood(spec: LikelihoodSpec, image: ImageShape) -> None:
    module = seeded(partial(spec.build, image))
    likelihood = cast(Likelihood, module)
    output, x = _decoded(image)
    nll = likelihood.nll(output, x)
    require(tuple(nll.shape) == (BATCH,), f"nll gives {tuple(nll.shape)}, expected ({BATCH},) = (batch,)")
    check_finite("nll", nll)
    check_gradients(module, nll.sum())
    require(output.grad is not None and output.grad.abs().sum() > 0, "nll passes no gradient to the decoder's output")
    check_images("mean", likelihood.mean(output), image)


def _check_descent(spec: OptimizerSpec) -> None:
    layer = nn.Linear(3, 3)
    optimizer = spec.build(layer.parameters())
    kind = type(optimizer).__name__
    require(isinstance(optimizer, torch.optim.Optimizer), f"build(…) returned {kind}, no torch.optim.Optimizer")
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
    require(last < first, f"took a sum of squares from {first:g} to {last:g} in 20 steps")


def _decoded(image: ImageShape) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    output = torch.randn(BATCH, *image, generator=generator, requires_grad=True)
    return output, torch.rand(BATCH, *image, generator=generator)


def _nll_of(image: ImageShape) -> Callable[[nn.Module], torch.Tensor]:
    return lambda module: cast(Likelihood, module).nll(*_decoded(image))
