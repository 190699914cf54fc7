"""What each latent does, for the report. Shapes: n images, L latents, S of them described, k factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.evaluate.representation import Representation
from bvtk.metrics.estimators.activation import mean_activation
from bvtk.metrics.estimators.latents import kl_per_latent
from bvtk.protocols import Dataset, factor_with_role, position_factors

MOST_LATENTS = 32
"""How many latents are described: where a code is an image's pixels, more would fill files and reports with noise."""

Arrays = dict[str, NDArray[Any]]


def latent_statistics(dataset: Dataset, found: Representation) -> Arrays:
    """Statistics of the latents that carry most: of largest KL where there is a posterior, else of largest variance.

    Args:
        dataset: the images.
        found: their codes.

    Returns:
        `latents` (S,), which ones, ascending; of each `mean`, `std`, with a posterior `kl`, and for data with factors
        `positions` (S, width, height) and `curve.<factor>` (S, size) or (S, shapes, size).
    """
    whole = _moments(found)
    weight = whole.get("kl", whole["std"])
    chosen = np.sort(np.argsort(-weight, kind="stable")[:MOST_LATENTS])
    statistics = {name: values[chosen] for name, values in whole.items()}
    if dataset.factor_names:
        statistics |= _activations(dataset, found.codes[:, chosen], dataset.factors(found.index))
    floats = {name: np.ascontiguousarray(values, np.float32) for name, values in statistics.items()}
    return {"latents": chosen.astype(np.int64), **floats}


def _moments(found: Representation) -> Arrays:
    codes, count = found.codes, len(found.codes)
    mean = codes.mean(axis=0, dtype=np.float64)
    squares = sum(((codes[rows] - mean) ** 2).sum(axis=0) for rows in found.blocks())
    moments = {"mean": mean, "std": np.sqrt(squares / count)}
    if (logvar := found.logvar) is None:
        return moments
    kl = sum(kl_per_latent(codes[rows], logvar[rows]) * len(codes[rows]) for rows in found.blocks()) / count
    return {"kl": np.asarray(kl), **moments}


def _activations(dataset: Dataset, codes: NDArray[np.float32], factors: NDArray[np.int64]) -> Arrays:
    return {
        name: mean_activation(codes, factors[:, columns], [dataset.factor_sizes[c] for c in columns])
        for name, columns in _panels(dataset)
    }


def _panels(dataset: Dataset) -> Iterator[tuple[str, list[int]]]:
    """The factors of each panel: both positions together; each other factor, for every value of the category."""
    names, positions = dataset.factor_names, position_factors(dataset.factor_roles) or ()
    if positions:
        yield "positions", [names.index(name) for name in positions]
    category = factor_with_role(dataset.factor_roles, "category")
    for column, name in enumerate(names):
        if name not in positions:
            apart = [names.index(category)] if category and category != name else []
            yield f"curve.{name}", [*apart, column]
