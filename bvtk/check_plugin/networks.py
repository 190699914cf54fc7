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
    x = {i: torch.rand(BATCH, *i, generator=torch.Generator().manual_seed(SEED)) for i in SHAPES}
    networks = {i: _Network(partial(spec.build, i, outputs), x[i], (BATCH, outputs), axes) for i in SHAPES}
    _check_networks(report, networks)


def check_decoder(report: Report, spec: DecoderSpec) -> None:
    """Checks a decoder on images of several shapes."""
    z = torch.randn(BATCH, LATENTS, generator=torch.Generator().manual_seed(SEED))
    axes = "(batch, channels, height, width)"
    _check_networks(report, {i: _Network(partial(spec.build, LATENTS, i), z, (BATCH, *i), axes) for i in SHAPES})


def _check_networks(report: Report, networks: dict[ImageShape, _Network]) -> None:
    fitting = report.fitting(_check_shape, networks)
    if fitting:
        report.add("ok", f"returns {next(iter(fitting.values())).axes} for images of {', '.join(map(str, fitting))}")
    elif all(finding.level != "problem" for finding in report.findings):
        report.add("problem", f"raised UsageError for all image shapes: {', '.join(map(str, networks))}")
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
    check_gradients(module, (output * torch.linspace(0.5, 1.5, output.numel()).view_as(output)).sum())


_CHECKS: dict[str, Callable[[_Network], None]] = {
    "every parameter gets a gradient": _check_gradients,
    "its parameters and outputs depend only on the seed": lambda n: check_determinism(n.build, n.run),
    "an export contains its whole state": lambda n: check_export(n.build, n.run),
    "outputs do not depend on the rest of the batch": lambda n: check_batches(seeded(n.build), n.x),
    "works with channels_last and bf16 autocast, as in training": (
        lambda n: check_training_form(seeded(n.build), n.x, n.expected)
    ),
}
