"""The codes of a data set's images, and statistics of them for the report.

Shapes: n images, L latents, S selected latents, k factors.
"""

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
from bvtk.metrics.estimators.latents import kl_per_latent, mean_activation
from bvtk.protocols import Dataset, factor_with_role, position_factors
from bvtk.recipe import Recipe
from bvtk.seeding import derive

BATCH = 512
MOST_BYTES = 2 * 2**30
"""Maximum memory for codes: all of dSprites with 700 latents, or a sixth of it if the codes are the pixels. Metrics
draw at most 3 million pairs from them, so more images would not change a score by more than another seed does."""

Progress = Callable[[int, int], object]
"""Called with the number of encoded images and their total."""


def images_encoded(images: int, latents: int) -> int:
    """How many images are encoded: all, or as many as fit into the memory for codes."""
    return min(images, MOST_BYTES // (4 * max(latents, 1)))


@dataclass(frozen=True)
class Representation:
    """The codes of images.

    Args:
        index: (n,) which images, ascending.
        codes: (n, L) float32; for a model with a posterior its means.
        logvar: (n, L) log-variances of the posterior; None if there is none.
    """

    index: NDArray[np.int64]
    codes: NDArray[np.float32]
    logvar: NDArray[np.float32] | None

    def blocks(self) -> Iterator[slice]:
        """Slices of rows, for sums without a copy of all codes."""
        return (slice(start, start + 2**14) for start in range(0, len(self.codes), 2**14))


@dataclass(frozen=True)
class Encoder:
    """The encoder of a model in eval mode on the data set of its recipe."""

    recipe: Recipe
    model: Any
    dataset: Dataset
    device: torch.device

    def images(self, index: NDArray[np.int64]) -> torch.Tensor:
        """Images (n, C, H, W) in [0, 1] for indices (n,)."""
        return load_images(self.dataset, index, self.device)

    def inputs(self, index: NDArray[np.int64]) -> torch.Tensor:
        """The model's input for indices (n,): images (n, C, H, W), or factor values (n, k) as floats."""
        if self.recipe.model.reads == "factors":
            return torch.from_numpy(self.dataset.factors(index).astype(np.float32)).to(self.device)
        return self.images(index)

    def computing(self) -> AbstractContextManager[None]:
        """The context of forward passes: the precision of training, or full precision for models without steps."""
        if self.recipe.model.learns != "steps":
            return nullcontext()
        return autocast(self.device, choose_precision(self.recipe.training.precision, self.device))

    def sample(self) -> NDArray[np.int64]:
        """Indices of the images to encode: all, or a random subset drawn by the recipe's seed."""
        size = len(self.dataset)
        count = images_encoded(size, self.model.latents)
        if count == size:
            return np.arange(size)
        generator = np.random.default_rng(derive(self.recipe.seed, "encoded images"))
        return np.sort(generator.choice(size, count, replace=False))

    def represent(self, index: NDArray[np.int64], progress: Progress | None = None) -> Representation:
        """The codes of images of these indices (n,).

        Raises:
            RunError: if a code is not finite.
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
                if progress:
                    progress(min(start + BATCH, len(index)), len(index))
        return Representation(index, codes, spread)


def _check_finite(what: str, values: NDArray[np.float32]) -> None:
    if not np.isfinite(values).all():
        raise RunError(f"the {what} of some images are not finite", "train with a lower learning rate")


MOST_LATENTS = 32
"""Maximum number of latents in the statistics, because some models have thousands (`pixels`)."""

Arrays = dict[str, NDArray[Any]]


def latent_statistics(dataset: Dataset, representation: Representation) -> Arrays:
    """Statistics of the latents with the largest KL, or, without a posterior, with the largest variance.

    Returns:
        `latents` (S,), the selected ones, ascending; for each, `mean` and `std`, with a posterior `kl`, and with
        factors `positions` (S, width, height) and `curve.<factor>` (S, size) or (S, shapes, size).
    """
    moments = _moments(representation)
    weight = moments.get("kl", moments["std"])
    chosen = np.sort(np.argsort(-weight, kind="stable")[:MOST_LATENTS])
    statistics = {name: values[chosen] for name, values in moments.items()}
    if dataset.factor_names:
        codes, factors = representation.codes[:, chosen], dataset.factors(representation.index)
        for name, columns in _panels(dataset):
            sizes = [dataset.factor_sizes[column] for column in columns]
            statistics[name] = mean_activation(codes, factors[:, columns], sizes)
    floats = {name: np.ascontiguousarray(values, np.float32) for name, values in statistics.items()}
    return {"latents": chosen.astype(np.int64), **floats}


def _moments(representation: Representation) -> Arrays:
    codes, count = representation.codes, len(representation.codes)
    mean = codes.mean(axis=0, dtype=np.float64)
    squares = sum(((codes[rows] - mean) ** 2).sum(axis=0) for rows in representation.blocks())
    moments = {"mean": mean, "std": np.sqrt(squares / count)}
    if (logvar := representation.logvar) is None:
        return moments
    kl = sum(kl_per_latent(codes[rows], logvar[rows]) * len(codes[rows]) for rows in representation.blocks())
    return {"kl": np.asarray(kl / count), **moments}


def _panels(dataset: Dataset) -> Iterator[tuple[str, list[int]]]:
    """The factors of each panel: both positions together; every other factor, for each value of the category."""
    names, positions = dataset.factor_names, position_factors(dataset.factor_roles) or ()
    if positions:
        yield "positions", [names.index(name) for name in positions]
    category = factor_with_role(dataset.factor_roles, "category")
    for column, name in enumerate(names):
        if name not in positions:
            apart = [names.index(category)] if category and category != name else []
            yield f"curve.{name}", [*apart, column]
