"""Checks of objectives."""

from __future__ import annotations

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
from bvtk.component import ObjectiveSpec
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
