"""Checks of what training is made of: likelihoods, models, objectives, schedules and optimisers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import nn

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import (
    BATCH,
    SEED,
    SHAPES,
    check_determinism,
    check_export,
    check_finite,
    check_gradients,
    seeded,
)
from bvtk.component import LikelihoodSpec, ModelSpec, ObjectiveSpec, OptimizerSpec, ScheduleSpec
from bvtk.protocols import ImageShape, Likelihood, Model, ObjectiveContext, Outputs

LATENTS = 10
TRAINING_STEPS = 1000
_CONTEXT = ObjectiveContext(SHAPES[0], LATENTS, dataset_size=1000, training_steps=TRAINING_STEPS)


def check_schedule(report: Report, spec: ScheduleSpec) -> None:
    """Tries a schedule at every step of a training and after it."""
    if report.holds("finite and within its bounds at every step", "", _check_values, spec):
        report.holds("a pure function of the step", "", _check_purity, spec)


def check_likelihood(report: Report, spec: LikelihoodSpec) -> None:
    """Tries a likelihood on outputs of a decoder."""
    fitting = [image for image in SHAPES if report.passes(f"for {image} images", _check_likelihood, spec, image)]
    if not fitting:
        report.add("problem", f"works for no image shape that was tried: {', '.join(map(str, SHAPES))}")
        return
    shapes = ", ".join(map(str, fitting))
    report.add("ok", f"gives a nll of (batch,) and a mean within [0, 1] for images of {shapes}")
    image = fitting[0]
    report.holds("an export holds all that it learns", "", check_export, partial(spec.build, image), _nll_of(image))


def check_model(report: Report, spec: ModelSpec) -> None:
    """Tries a model on images of several shapes."""
    fitting = [image for image in SHAPES if report.passes(f"for {image} images", _check_outputs, spec, image)]
    if not fitting:
        report.add("problem", f"works for no image shape that was tried: {', '.join(map(str, SHAPES))}")
        return
    report.add("ok", f"gives Outputs, codes and images for images of {', '.join(map(str, fitting))}")
    image = fitting[0]
    build, codes = partial(spec.build, image), _codes_of(image)
    report.holds("the seed alone decides its parameters and codes", "", check_determinism, build, codes)
    report.holds("an export holds all that it learns", "", check_export, build, codes)


def check_objective(report: Report, spec: ObjectiveSpec) -> None:
    """Tries an objective on the outputs of a VAE, at the first, a middle and the last step."""
    for step in (0, TRAINING_STEPS // 2, TRAINING_STEPS - 1):
        if not report.passes(f"at step {step}", _check_terms, spec, step):
            return
    report.add("ok", "gives a finite scalar loss with a gradient, and finite terms beside it")
    build = partial(spec.build, _CONTEXT)
    report.holds("the seed alone decides its loss", "", check_determinism, build, _loss_of)
    report.holds("a checkpoint holds all that it learns", "", check_export, build, _loss_of)


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
    _check_images("mean", likelihood.mean(output), image)


def _check_outputs(spec: ModelSpec, image: ImageShape) -> None:
    module = seeded(partial(spec.build, image))
    model = cast(Model, module)
    x = torch.rand(BATCH, *image)
    outputs = model(x, torch.Generator().manual_seed(SEED))
    latents = (BATCH, model.latents)
    wanted = {"mu": latents, "logvar": latents, "z": latents, "kl": latents, "reconstruction": (BATCH,)}
    for name, shape in wanted.items():
        tensor = getattr(outputs, name)
        require(tuple(tensor.shape) == shape, f"Outputs.{name} has shape {tuple(tensor.shape)}, expected {shape}")
        check_finite(f"Outputs.{name}", tensor)
    check_gradients(module, outputs.reconstruction.mean() + outputs.kl.sum(dim=1).mean())
    mu, logvar = model.encode(x)
    require(tuple(mu.shape) == tuple(logvar.shape) == latents, f"encode gives {tuple(mu.shape)}, expected {latents}")
    _check_images("decode", model.decode(mu), image)


def _check_terms(spec: ObjectiveSpec, step: int) -> None:
    mu = torch.randn(BATCH, LATENTS, requires_grad=True)
    terms: Mapping[str, Any] = seeded(partial(spec.build, _CONTEXT))(_vae_outputs(mu), step)
    require("loss" in terms, f"gives the terms {', '.join(terms)}, and no 'loss'")
    for name, term in terms.items():
        value = torch.as_tensor(term)
        require(value.ndim == 0, f"term {name!r} has shape {tuple(value.shape)}, expected a scalar")
        require(value.isfinite(), f"term {name!r} is {value.item()}")
    loss = torch.as_tensor(terms["loss"])
    require(loss.requires_grad, "'loss' carries no gradient")
    loss.backward()  # type: ignore[no-untyped-call]
    require(mu.grad is not None and mu.grad.isfinite().all(), "'loss' passes no finite gradient to the posterior")


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


def _check_images(what: str, images: torch.Tensor, image: ImageShape) -> None:
    expected = (BATCH, *image)
    require(tuple(images.shape) == expected, f"{what} gives {tuple(images.shape)}, expected {expected}")
    check_finite(what, images)
    low, high = images.min().item(), images.max().item()
    require(low >= 0 and high <= 1, f"{what} gives values from {low:g} to {high:g}, expected them within [0, 1]")


def _decoded(image: ImageShape) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    output = torch.randn(BATCH, *image, generator=generator, requires_grad=True)
    return output, torch.rand(BATCH, *image, generator=generator)


def _nll_of(image: ImageShape) -> Callable[[nn.Module], torch.Tensor]:
    return lambda module: cast(Likelihood, module).nll(*_decoded(image))


def _codes_of(image: ImageShape) -> Callable[[nn.Module], torch.Tensor]:
    x = torch.rand(BATCH, *image, generator=torch.Generator().manual_seed(SEED))
    return lambda module: torch.cat(cast(Model, module).encode(x))


def _loss_of(objective: nn.Module) -> torch.Tensor:
    torch.manual_seed(SEED)
    mu = torch.randn(BATCH, LATENTS, requires_grad=True)
    return torch.as_tensor(objective(_vae_outputs(mu), 0)["loss"]).detach()


def _vae_outputs(mu: torch.Tensor) -> Outputs:
    logvar = 0.1 * mu - 1
    z = mu + (logvar / 2).exp() * torch.randn(mu.shape, generator=torch.Generator().manual_seed(SEED))
    kl = 0.5 * (mu.square() + logvar.exp() - 1 - logvar)
    reconstruction = 100 + z.square().sum(dim=1)
    return Outputs(torch.rand(BATCH, *SHAPES[0]), mu, logvar, z, reconstruction, kl)
