"""The codes of a data set's images. Shapes: n images, L latents, k factors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.engine.devices import autocast, choose_precision
from bvtk.engine.images import load_images
from bvtk.errors import RunError
from bvtk.protocols import Dataset
from bvtk.recipe import Recipe
from bvtk.seeding import derive

BATCH = 512
MOST_BYTES = 2 * 2**30
"""Memory that codes may take: all of dSprites at 700 latents, and a sixth of it where pixels are the codes. Metrics
draw 3 million pairs at most from them, so more images would change no score by more than its seed does."""

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """A progress that nobody watches."""


def images_encoded(images: int, latents: int) -> int:
    """How many of so many images are encoded: all, or as many as the memory for codes holds."""
    return min(images, MOST_BYTES // (4 * max(latents, 1)))


@dataclass(frozen=True)
class Representation:
    """What a model makes of images.

    Args:
        index: (n,) which images, ascending.
        codes: (n, L) float32, for a model with a posterior its means.
        logvar: (n, L) log-variances of the posterior; None where there is none.
    """

    index: NDArray[np.int64]
    codes: NDArray[np.float32]
    logvar: NDArray[np.float32] | None

    def blocks(self) -> Iterator[slice]:
        """Rows in portions, for sums that must not double the memory that codes take."""
        return (slice(start, start + 2**14) for start in range(0, len(self.codes), 2**14))


@dataclass(frozen=True)
class Encoder:
    """A model's encoder over its recipe's data set.

    Args:
        recipe: says what the model reads, and in which precision it computes.
        model: the model, in eval mode.
        dataset: the recipe's.
        device: where the model lives.
    """

    recipe: Recipe
    model: Any
    dataset: Dataset
    device: torch.device

    def images(self, index: NDArray[np.int64]) -> torch.Tensor:
        """The images of these indices (n,) in [0, 1], (n, C, H, W)."""
        return load_images(self.dataset, index, self.device)

    def inputs(self, index: NDArray[np.int64]) -> torch.Tensor:
        """What the model reads of these indices (n,): images (n, C, H, W), or factor values (n, k) as floats."""
        if self.recipe.model.reads == "factors":
            return torch.from_numpy(self.dataset.factors(index).astype(np.float32)).to(self.device)
        return self.images(index)

    def computing(self) -> AbstractContextManager[None]:
        """The context of forward passes: the precision of training, full for models that do not learn by steps."""
        if self.recipe.model.learns != "steps":
            return nullcontext()
        return autocast(self.device, choose_precision(self.recipe.training.precision, self.device))

    def sample(self) -> NDArray[np.int64]:
        """Indices of the images that are encoded: all, or a random share of them that the recipe's seed draws."""
        size = len(self.dataset)
        count = images_encoded(size, self.model.latents)
        if count == size:
            return np.arange(size)
        generator = np.random.default_rng(derive(self.recipe.seed, "encoded images"))
        return np.sort(generator.choice(size, count, replace=False))

    def represent(self, index: NDArray[np.int64], progress: Progress = silent) -> Representation:
        """The codes of the images of these indices (n,).

        Args:
            index: which images.
            progress: told how many of how many are encoded.

        Raises:
            RunError: where a code is not finite.
        """
        codes = np.empty((len(index), self.model.latents), np.float32)
        spread: NDArray[np.float32] | None = None
        with torch.inference_mode(), self.computing():
            for start in range(0, len(index), BATCH):
                rows = slice(start, start + BATCH)
                found, logvar = self.model.encode(self.inputs(index[rows]))
                codes[rows] = found.cpu().numpy()
                _check_finite("codes", codes[rows])
                if logvar is not None:
                    spread = np.empty_like(codes) if spread is None else spread
                    spread[rows] = logvar.cpu().numpy()
                    _check_finite("log-variances", spread[rows])
                progress(min(start + BATCH, len(index)), len(index))
        return Representation(index, codes, spread)


def _check_finite(what: str, values: NDArray[np.float32]) -> None:
    if not np.isfinite(values).all():
        raise RunError(f"the {what} of some images are not finite", "train with a lower learning rate")
