"""Checks of encoders and decoders."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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
    check_training_form,
    seeded,
)
from bvtk.component import DecoderSpec, EncoderSpec
from bvtk.protocols import ImageShape

LATENTS = 10


@dataclass(frozen=True)
class _Network:
    """An encoder or decoder on images of one shape.

    Args:
        build: makes the module.
        x: a batch of its inputs.
        expected: shape of the outputs.
        words: that shape in words.
    """

    build: Callable[[], object]
    x: torch.Tensor
    expected: tuple[int, ...]
    words: str

    def run(self, module: nn.Module) -> torch.Tensor:
        """The module's output for the inputs."""
        output: torch.Tensor = module(self.x)
        return output


def check_encoder(report: Report, spec: EncoderSpec) -> None:
    """Tries an encoder on images of several shapes."""
    outputs, words = 2 * LATENTS, "(batch, outputs)"
    networks = {i: _Network(partial(spec.build, i, outputs), _images(i), (BATCH, outputs), words) for i in SHAPES}
    _check_networks(report, networks)


def check_decoder(report: Report, spec: DecoderSpec) -> None:
    """Tries a decoder on images of several shapes."""
    z = torch.randn(BATCH, LATENTS, generator=torch.Generator().manual_seed(SEED))
    words = "(batch, channels, height, width)"
    _check_networks(report, {i: _Network(partial(spec.build, LATENTS, i), z, (BATCH, *i), words) for i in SHAPES})


def _images(image: ImageShape) -> torch.Tensor:
    return torch.rand(BATCH, *image, generator=torch.Generator().manual_seed(SEED))


def _check_networks(report: Report, networks: dict[ImageShape, _Network]) -> None:
    fitting = report.fitting(_check_shape, networks)
    if fitting:
        report.add("ok", f"gives {next(iter(fitting.values())).words} for images of {', '.join(map(str, fitting))}")
    elif all(finding.level != "problem" for finding in report.findings):
        report.add("problem", f"refuses images of every shape that was tried: {', '.join(map(str, networks))}")
    for sentence, check in _CHECKS.items():
        if fitting and all(report.passes(f"for {i} images", check, n) for i, n in fitting.items()):
            report.add("ok", sentence)


def _check_shape(network: _Network) -> None:
    output = network.run(seeded(network.build))
    require(isinstance(output, torch.Tensor), f"the module gives {type(output).__name__}, expected a tensor")
    require(
        tuple(output.shape) == network.expected,
        f"build(…) returned a module that gives {tuple(output.shape)}, expected {network.expected} = {network.words}",
    )
    check_finite("its output", output)


def _check_gradients(network: _Network) -> None:
    module = seeded(network.build)
    output = network.run(module)
    # Unequal weights, so that a sum that is constant by construction has a gradient too.
    check_gradients(module, (output * torch.linspace(0.5, 1.5, output.numel()).view_as(output)).sum())


_CHECKS: dict[str, Callable[[_Network], None]] = {
    "gradients reach every parameter": _check_gradients,
    "the seed alone decides its parameters and outputs": lambda n: check_determinism(n.build, n.run),
    "an export holds all that it learns": lambda n: check_export(n.build, n.run),
    "an input's output does not depend on its batch": lambda n: check_batches(seeded(n.build), n.x),
    "works channels last and in bf16, as training runs it": (
        lambda n: check_training_form(seeded(n.build), n.x, n.expected)
    ),
}
