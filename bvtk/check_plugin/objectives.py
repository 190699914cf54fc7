"""Checks of objectives, optimisers and schedules."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import nn

from bvtk.check_plugin.examples import ExamplePass, find_example_pass
from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import (
    BATCH,
    SEED,
    SHAPES,
    TRAINING_STEPS,
    check_determinism,
    check_export,
    check_gradients,
    seeded,
)
from bvtk.component import ObjectiveSpec, OptimizerSpec, ScheduleSpec
from bvtk.passes import Outputs
from bvtk.protocols import ImageShape, ObjectiveContext

LATENTS = 10
VAE_GIVES = frozenset({"reconstruction", "posterior", "sample"})


def check_objective(report: Report, spec: ObjectiveSpec) -> None:
    """Checks an objective at the first, a middle and the last step.

    An objective for VAEs is tried on a random pass. One that needs something else, or has its own optimisers, is tried
    on the training pass of a registered model that gives what it needs.
    """
    needs_model = not spec.needs <= VAE_GIVES or bool(spec.optimizers())
    tried = find_example_pass(spec.needs) if needs_model else None
    if needs_model and tried is None:
        needs = ", ".join(sorted(spec.needs))
        report.add("note", f"no working model gives {needs}, so its losses were not tried")
        return
    for step in (0, TRAINING_STEPS // 2, TRAINING_STEPS - 1):
        if not report.passes(f"at step {step}", _check_terms, spec, step, tried):
            return
    report.add("ok", "returns a finite scalar loss with a gradient, and finite terms")
    build, loss = partial(spec.build, _context(tried)), partial(_loss_of, tried)
    if tried and spec.optimizers():
        report.holds("the loss of every part has gradients for all its parameters", check_losses, spec, tried)
    report.holds("its loss depends only on the seed", check_determinism, build, loss)
    report.holds("a checkpoint contains its whole state", check_export, build, loss)


def check_losses(spec: ObjectiveSpec, tried: ExamplePass) -> None:
    """Raises `CheckFailed` unless every part has a loss with finite gradients for all of its parameters."""
    objective: Any = seeded(partial(spec.build, _context(tried)))
    terms = objective(tried.outputs, 0)
    modules = _parts(spec, objective, tried.model)
    apart = {id(parameter) for module in modules.values() for parameter in module.parameters()}
    own = {name: p for name, p in tried.model.named_parameters() if p.requires_grad and id(p) not in apart}
    learners = {"loss": own} | {f"{name}_loss": dict(module.named_parameters()) for name, module in modules.items()}
    for loss, parameters in learners.items():
        require(loss in terms, f"returned the terms {', '.join(terms)}, expected {loss!r} too")
        check_gradients(repr(loss), torch.as_tensor(terms[loss]), parameters)


def _parts(spec: ObjectiveSpec, objective: Any, model: Any) -> dict[str, nn.Module]:
    wanted = list(spec.optimizers())
    if not wanted:
        return {}
    require(hasattr(objective, "parts"), f"optimizers() has {', '.join(wanted)}, but there is no parts(model)")
    modules = objective.parts(model)
    for name in wanted:
        require(name in modules, f"optimizers() has {name!r}, but parts(model) returned {', '.join(modules) or 'none'}")
        require(list(modules[name].parameters()), f"its part {name!r} has no parameters")
    return {name: modules[name] for name in wanted}


def _context(tried: ExamplePass | None) -> ObjectiveContext:
    image, latents = (tried.image, tried.model.latents) if tried else (SHAPES[0], LATENTS)
    return ObjectiveContext(image, latents, dataset_size=1000, training_steps=TRAINING_STEPS)


def _check_terms(spec: ObjectiveSpec, step: int, tried: ExamplePass | None) -> None:
    mu = torch.randn(BATCH, LATENTS, requires_grad=True)
    outputs = tried.outputs if tried else _vae_outputs(mu, SHAPES[0])
    terms: Mapping[str, Any] = seeded(partial(spec.build, _context(tried)))(outputs, step)
    require("loss" in terms, f"returned the terms {', '.join(terms)}, expected 'loss' too")
    for name, term in terms.items():
        value = torch.as_tensor(term)
        require(value.ndim == 0, f"term {name!r} has shape {tuple(value.shape)}, expected a scalar")
        require(value.isfinite(), f"term {name!r} is {value.item()}")
    loss = torch.as_tensor(terms["loss"])
    require(loss.requires_grad, "'loss' has no gradient")
    if tried is None:
        loss.backward()  # type: ignore[no-untyped-call]
        require(mu.grad is not None and mu.grad.isfinite().all(), "'loss' has no finite gradient for the posterior")


def _loss_of(tried: ExamplePass | None, objective: nn.Module) -> torch.Tensor:
    torch.manual_seed(SEED)
    outputs = tried.outputs if tried else _vae_outputs(torch.randn(BATCH, LATENTS), SHAPES[0])
    return torch.as_tensor(objective(outputs, 0)["loss"]).detach()


def _vae_outputs(mu: torch.Tensor, image: ImageShape) -> Outputs:
    logvar = 0.1 * mu - 1
    z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=torch.Generator().manual_seed(SEED))
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar)
    reconstruction = 100 + z.square().sum(dim=1)
    return Outputs(torch.rand(BATCH, *image), mu, logvar, z, reconstruction, kl)


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
