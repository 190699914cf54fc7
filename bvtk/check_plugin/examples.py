"""What models and objectives are tried on: a made-up data set, and training passes of registered models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from bvtk.check_plugin.declaration import example
from bvtk.check_plugin.modules import BATCH, SEED, SHAPES, seeded
from bvtk.component import models
from bvtk.protocols import Dataset, ImageShape, Pass

Indices = NDArray[np.integer[Any]]


class MadeUpData(Dataset):
    """A grid of five factors with 384 images: every value of a factor adds a random texture of its own.

    Args:
        image: shape of the images.
    """

    factor_names: tuple[str, ...] = ("shape", "scale", "orientation", "x", "y")
    factor_sizes: tuple[int, ...] = (2, 3, 4, 4, 4)
    peak = 255

    def __init__(self, image: ImageShape) -> None:
        self.image_shape = image
        self.provenance = {"source": "made up", "sha256": ""}
        generator = np.random.default_rng(SEED)
        self._textures = [generator.random((size, *image), np.float32) for size in self.factor_sizes]

    def __len__(self) -> int:
        """How many images there are."""
        return int(np.prod(self.factor_sizes))

    def images(self, index: Indices) -> NDArray[np.uint8]:
        """Images (n, C, H, W) for integers (n,): the mean of the textures of their factor values."""
        values = self.factors(index).T
        textures = [texture[value] for texture, value in zip(self._textures, values, strict=True)]
        return np.asarray(255 * np.mean(textures, axis=0)).astype(np.uint8)

    def factors(self, index: Indices) -> NDArray[np.int64]:
        """Factor values (n, 5) for integers (n,)."""
        return np.stack(np.unravel_index(np.asarray(index), self.factor_sizes), axis=1).astype(np.int64)

    def index_of(self, factors: Indices) -> NDArray[np.int64]:
        """The inverse of `factors`."""
        return np.asarray(np.ravel_multi_index(tuple(np.asarray(factors).T), self.factor_sizes), np.int64)


@dataclass(frozen=True)
class ExamplePass:
    """A training pass to try an objective on.

    Args:
        model: what it is of.
        outputs: the pass; its tensors carry gradients to the model's parameters.
        image: the shape of the images.
    """

    model: Any
    outputs: Pass
    image: ImageShape


def pass_of(module: nn.Module, image: ImageShape) -> Pass:
    """A module's training pass over random images."""
    x = torch.rand(BATCH, *image, generator=torch.Generator().manual_seed(SEED))
    outputs: Pass = module(x, torch.Generator().manual_seed(SEED))
    return outputs


def example_pass(family: str) -> ExamplePass | None:
    """A training pass of the first registered model of a family that gives one; None where none does."""
    image = SHAPES[0]
    for entry in models.entries():
        if entry.item.learns == "steps" and entry.item.family == family:
            try:
                spec: Any = example(entry.item)
                module = seeded(lambda spec=spec: spec.build(image))  # type: ignore[misc]
                return ExamplePass(module, pass_of(module, image), image)
            except Exception:  # noqa: S112 - a model that fails has a report of its own
                continue
    return None
