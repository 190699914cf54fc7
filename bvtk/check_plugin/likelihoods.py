"""Checks of likelihoods."""

from __future__ import annotations

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
from bvtk.component import LikelihoodSpec
from bvtk.protocols import ImageShape, Likelihood


def check_likelihood(report: Report, spec: LikelihoodSpec) -> None:
    """Checks a likelihood on random outputs of a decoder."""
    fitting = list(report.fitting(partial(_check_likelihood, spec), {image: image for image in SHAPES}))
    if not fitting:
        report.add("problem", f"failed for all image shapes: {', '.join(map(str, SHAPES))}")
        return
    shapes = ", ".join(map(str, fitting))
    report.add("ok", f"returns a nll of shape (batch,) and a mean within [0, 1] for images of {shapes}")
    image = fitting[0]

    def nll(module: nn.Module) -> torch.Tensor:
        return cast(Likelihood, module).nll(*_decoded(image))

    report.holds("an export contains its whole state", check_export, partial(spec.build, image), nll)


def _check_likelihood(spec: LikelihoodSpec, image: ImageShape) -> None:
    module = seeded(partial(spec.build, image))
    likelihood = cast(Likelihood, module)
    output, x = _decoded(image)
    nll = likelihood.nll(output, x)
    require(tuple(nll.shape) == (BATCH,), f"nll returned {tuple(nll.shape)}, expected ({BATCH},) = (batch,)")
    check_finite("nll", nll)
    check_gradients(module, nll.sum())
    require(output.grad is not None and output.grad.abs().sum() > 0, "nll has no gradient for the decoder's output")
    check_images("mean", likelihood.mean(output), image)


def _decoded(image: ImageShape) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    output = torch.randn(BATCH, *image, generator=generator, requires_grad=True)
    return output, torch.rand(BATCH, *image, generator=generator)
