"""Statistics of latents for the report. Shapes: n images, L latents, S selected latents, k factors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.evaluate.representation import Representation
from bvtk.metrics.estimators.latents import kl_per_latent, mean_activation
from bvtk.protocols import Dataset, factor_with_role, position_factors

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
