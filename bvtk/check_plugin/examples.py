"""Example inputs for checks: a data set, and training passes of registered models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.check_plugin.declaration import example
from bvtk.check_plugin.modules import BATCH, SEED, SHAPES, seeded
from bvtk.component import ModelSpec, models, samplers
from bvtk.data.factors import FactorGrid
from bvtk.data.imageset import ImageSet
from bvtk.passes import Pass
from bvtk.protocols import Dataset, ImageShape

Indices = NDArray[np.integer[Any]]


class _Textures:
    def __init__(self, image: ImageShape, factors: FactorGrid) -> None:
        self.shape = (len(factors), *image)
        self._factors = factors
        generator = np.random.default_rng(SEED)
        self._textures = [generator.random((size, *image), np.float32) for size in factors.sizes]

    def read(self, index: Indices) -> NDArray[np.uint8]:
        values = self._factors.values(index).T
        textures = [texture[value] for texture, value in zip(self._textures, values, strict=True)]
        return np.asarray(255 * np.mean(textures, axis=0)).astype(np.uint8)


class ExampleData(ImageSet):
    """A data set of 384 images with five factors: the mean of a random texture for each factor value.

    Eight consecutive images are a sequence.
    """

    def __init__(self, image: ImageShape) -> None:
        factors = FactorGrid(("shape", "scale", "orientation", "x", "y"), (2, 3, 4, 4, 4))
        provenance = {"source": "example", "sha256": ""}
        sequences = np.arange(len(factors)) // 8
        super().__init__(_Textures(image, factors), factors, 255, provenance, sequences=sequences)


@dataclass(frozen=True)
class ExamplePass:
    """A training pass to try an objective on, with gradients to the model's parameters."""

    model: Any
    outputs: Pass
    image: ImageShape


def model_inputs(spec: ModelSpec, dataset: Dataset, step: int = 0) -> dict[str, Any]:
    """The inputs of a model from a batch of its own sampler: `x` and what its spec lists in `takes`."""
    batch = samplers.get(spec.sampler)().build(dataset, np.arange(len(dataset)), BATCH, SEED)(step)
    images = {role: scaled(dataset, index) for role, index in batch.images.items()}
    labels = {name: torch.from_numpy(values) for name, values in batch.labels.items()}
    inputs = {**images, **labels, **batch.facts}
    return {name: value for name, value in inputs.items() if name == "x" or name in spec.takes}


def scaled(dataset: Dataset, index: Indices) -> torch.Tensor:
    """Images (n, C, H, W) in [0, 1] for integers (n,)."""
    return torch.from_numpy(dataset.images(index).astype(np.float32) / np.float32(dataset.peak))


def training_pass(module: Any, inputs: Mapping[str, Any]) -> Pass:
    """A training pass of a model for inputs of `model_inputs`."""
    rest = {name: value for name, value in inputs.items() if name != "x"}
    outputs: Pass = module(inputs["x"], torch.Generator().manual_seed(SEED), **rest)
    return outputs


def find_example_pass(needs: frozenset[str]) -> ExamplePass | None:
    """A training pass of the first registered model that gives this and works; None if there is none."""
    image = SHAPES[0]
    for entry in models.entries():
        if entry.item.learns == "steps" and entry.item.gives >= needs:
            try:
                spec: Any = example(entry.item)
                module = seeded(lambda spec=spec: spec.build(image))  # type: ignore[misc]
                return ExamplePass(module, training_pass(module, model_inputs(spec, ExampleData(image))), image)
            except Exception:  # noqa: S112 - the check of that model reports it
                continue
    return None
