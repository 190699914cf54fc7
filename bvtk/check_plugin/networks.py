"""Checks of encoders, decoders and likelihoods."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import nn

from bvtk.check_plugin.findings import Report, require
from bvtk.check_plugin.modules import (
    BATCH,
    SEED,
    SHAPES,
    check_batches,
    check_determinism,
    check_export,
    check_finite,
    check_gradients,
    check_images,
    check_training_form,
    parameters_of,
    seeded,
)
from bvtk.component import DecoderSpec, EncoderSpec, LikelihoodSpec
from bvtk.protocols import ImageShape, Likelihood

LATENTS = 10


@dataclass(frozen=True)
class _Network:
    """An encoder or decoder, a batch of inputs, and the expected shape of its outputs with the names of the axes."""

    build: Callable[[], object]
    x: torch.Tensor
    expected: tuple[int, ...]
    axes: str

    def run(self, module: nn.Module) -> torch.Tensor:
        """The module's output for the inputs."""
        output: torch.Tensor = module(self.x)
        return output


def check_encoder(report: Report, spec: EncoderSpec) -> None:
    """Checks an encoder on images of several shapes."""
    outputs, axes = 2 * LATENTS, "(batch, outputs)"
    x = {i: torch.rand(BATCH, *i, generator=_generator()) for i in SHAPES}
    _check_networks(
        report, {i: _Network(partial(spec.build, i, outputs), x[i], (BATCH, outputs), axes) for i in SHAPES}
    )


def check_decoder(report: Report, spec: DecoderSpec) -> None:
    """Checks a decoder on images of several shapes."""
    z = torch.randn(BATCH, LATENTS, generator=_generator())
    axes = "(batch, channels, height, width)"
    _check_networks(report, {i: _Network(partial(spec.build, LATENTS, i), z, (BATCH, *i), axes) for i in SHAPES})


def check_likelihood(report: Report, spec: LikelihoodSpec) -> None:
    """Checks a likelihood on random outputs of a decoder."""
    fitting = report.fitting(partial(_check_likelihood, spec), {image: image for image in SHAPES})
    if not fitting:
        return
    shapes, image = ", ".join(map(str, fitting)), next(iter(fitting))
    report.add("ok", f"returns a nll of shape (batch,) and a mean within [0, 1] for images of {shapes}")

    def nll(module: Any) -> torch.Tensor:
        return cast(Likelihood, module).nll(*_decoded(image))

    report.holds("an export contains its whole state", check_export, partial(spec.build, image), nll)


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(SEED)


def _check_networks(report: Report, networks: dict[ImageShape, _Network]) -> None:
    fitting = report.fitting(_check_shape, networks)
    if fitting:
        report.add("ok", f"returns {next(iter(fitting.values())).axes} for images of {', '.join(map(str, fitting))}")
    for sentence, check in _CHECKS.items():
        if fitting and all(report.passes(f"for {i} images", check, n) for i, n in fitting.items()):
            report.add("ok", sentence)


def _check_shape(network: _Network) -> None:
    output = network.run(seeded(network.build))
    require(isinstance(output, torch.Tensor), f"the module returned {type(output).__name__}, expected a tensor")
    found, expected = tuple(output.shape), network.expected
    require(found == expected, f"the module returned {found}, expected {expected} = {network.axes}")
    check_finite("its output", output)


def _check_gradients(network: _Network) -> None:
    module = seeded(network.build)
    output = network.run(module)
    # Unequal weights, so that there is a gradient even if the sum of the outputs is constant.
    loss = (output * torch.linspace(0.5, 1.5, output.numel()).view_as(output)).sum()
    check_gradients("its output", loss, parameters_of(module))


_CHECKS: dict[str, Callable[[_Network], None]] = {
    "every parameter gets a gradient": _check_gradients,
    "its parameters and outputs depend only on the seed": lambda n: check_determinism(n.build, n.run),
    "an export contains its whole state": lambda n: check_export(n.build, n.run),
    "outputs do not depend on the rest of the batch": lambda n: check_batches(seeded(n.build), n.x),
    "works with channels_last and bf16 autocast, as in training": (
        lambda n: check_training_form(seeded(n.build), n.x, n.expected)
    ),
}


def _check_likelihood(spec: LikelihoodSpec, image: ImageShape) -> None:
    module = seeded(partial(spec.build, image))
    likelihood = cast(Likelihood, module)
    output, x = _decoded(image)
    nll = likelihood.nll(output, x)
    require(tuple(nll.shape) == (BATCH,), f"nll returned {tuple(nll.shape)}, expected ({BATCH},) = (batch,)")
    check_finite("nll", nll)
    check_gradients("nll", nll.sum(), {**parameters_of(module), "the decoder's output": output})
    check_images("mean", likelihood.mean(output), image)


def _decoded(image: ImageShape) -> tuple[torch.Tensor, torch.Tensor]:
    generator = _generator()
    output = torch.randn(BATCH, *image, generator=generator, requires_grad=True)
    return output, torch.rand(BATCH, *image, generator=generator)
