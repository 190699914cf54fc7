"""The contents of a report: plain arrays and JSON values.

Shapes: L described latents, n images, C×H×W per image.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bvtk.protocols import ImageShape

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class ReportInputs:
    """What a report shows.

    Args:
        name: of the run.
        summary: the model, data set and training, in one line.
        recipe: the resolved recipe as YAML.
        image_shape: of every image.
        scores: one entry per metric, with `score` and its parts; `held_out` has the reconstruction, KL and bound, and
            `squared_error` the error of reconstructions, for models that have them.
        code_size: number of latents of a code.
        latents: (L,) which of them the arrays below describe, ascending.
        mean: (L,) mean of the codes over the data set.
        spread: (L,) their standard deviation.
        active: (L,) whether the latent responds to the image.
        kl_per_latent: (L,) in nats; None for a model without a posterior.
        log: the records of `metrics.jsonl`; empty for a model that does not train in steps.
        originals: (n, C, H, W) held-out images in [0, 1].
        reconstructions: (n, C, H, W) their reconstructions in [0, 1]; None if the model does not reconstruct.
        traversals: by latent, (rows, columns, C, H, W) decoded images in [0, 1] in which only this latent changes;
            None for a model that does not decode.
        spans: by latent, (columns,) what its axis shows: standard deviations of the prior, or without a posterior of
            the latent around its mean.
        own_values: whether the spans are the values themselves, as the model gives them.
        reads: what the model encodes, `images` or `factors`.
        learns: whether it learns anything.
        evaluations: scores during training, each with `step` and `scores`; empty if there are none.
        positions: (L, width, height) mean activation of each latent over positions; NaN if there is no image.
        position_factors: the names of the two axes of `positions`.
        curves: by factor, mean activations (L, size), or (L, shapes, size) for each shape separately.
        shape_names: the names of the shapes in `curves`.
        environment: versions, device and data, as in `environment.json`.
        plugins: names of the plugins that the run uses.
        export: file name of the exported model.
        timings: seconds, by stage.
        warnings: what a reader should know before trusting the numbers, such as posterior collapse.
    """

    name: str
    summary: str
    recipe: str
    image_shape: ImageShape
    scores: Mapping[str, Any]
    code_size: int
    latents: Sequence[int]
    mean: Array
    spread: Array
    active: NDArray[np.bool_]
    kl_per_latent: Array | None = None
    log: Sequence[Mapping[str, Any]] = ()
    originals: Array | None = None
    reconstructions: Array | None = None
    traversals: Sequence[Array] | None = None
    spans: Sequence[Sequence[float]] = ()
    own_values: bool = False
    reads: str = "images"
    learns: bool = True
    evaluations: Sequence[Mapping[str, Any]] = ()
    positions: Array | None = None
    position_factors: tuple[str, str] = ("x", "y")
    curves: Mapping[str, Array] = field(default_factory=dict)
    shape_names: Sequence[str] = ()
    environment: Mapping[str, Any] = field(default_factory=dict)
    plugins: Sequence[str] = ()
    export: str = "model.safetensors"
    timings: Mapping[str, float] = field(default_factory=dict)
    warnings: Sequence[str] = ()

    @property
    def trained_on(self) -> bool:
        """Whether the scores on held-out images are of images that the model trained on."""
        return any(parts.get("trained_on") for parts in self.scores.values())

    @property
    def span_unit(self) -> str:
        """The unit of a traversal's axis."""
        return "" if self.own_values else " σ"

    @property
    def movement(self) -> str:
        """How a latent moves in its traversal, in words."""
        ends = {(span[0], span[-1]) for span in self.spans}
        if len(ends) != 1:
            return "takes the values that the model gives for it"
        first, last = (f"{end:.3g}".replace("-", "−") for end in ends.pop())
        if self.own_values:
            unit = "the values that the model gives for it"
        elif self.kl_per_latent is not None:
            unit = "in standard deviations of the prior"
        else:
            unit = "in its own standard deviations around its mean"
        return f"moves from {first} to {last}, {unit}"

    def marks(self, row: int) -> list[str]:
        """The ends of a traversal's axis as text, and its middle if there is one."""
        span = self.spans[row]
        middle = [f"{span[len(span) // 2]:.3g}"] if len(span) > 2 and len(span) % 2 else []
        first, *last = [f"{end:+.3g}{self.span_unit}" if end else "0" for end in (span[0], span[-1])[: len(span)]]
        return [text.replace("-", "−") for text in (first, *middle, *last)]

    @cached_property
    def order(self) -> list[int]:
        """The rows of the arrays by decreasing KL, or by decreasing standard deviation without a posterior."""
        weight = self.spread if self.kl_per_latent is None else self.kl_per_latent
        return [int(row) for row in np.argsort(-np.asarray(weight), kind="stable")]

    @cached_property
    def names(self) -> list[str]:
        """The names of the latents, row by row."""
        return [f"z{latent}" for latent in self.latents]

    def in_own_units(self, means: Array) -> Array:
        """Mean activations (L, …) as they are drawn: without a posterior, around the mean in standard deviations."""
        if self.kl_per_latent is not None:
            return means
        apart = (-1, *(1,) * (np.ndim(means) - 1))
        spread = np.where(self.spread > 0, self.spread, 1.0)
        return np.asarray((means - self.mean.reshape(apart)) / spread.reshape(apart))

    @cached_property
    def dependence(self) -> dict[str, NDArray[np.float64]]:
        """By factor, the share (L,) of each latent's variance that it explains: Var(E[μ|v]) / Var(μ).

        For curves of separate shapes, it is the mean over shapes of the variance within a shape: a square looks the
        same after a quarter turn, a heart does not.
        """
        explained = {name: _variance(_known(curve)) for name, curve in self.curves.items()}
        if self.positions is not None:
            for axis, name in enumerate(self.position_factors):
                explained[name] = _variance(_known(self.positions).mean(axis=2 - axis))
        total = np.maximum(np.asarray(self.spread, dtype=np.float64) ** 2, 1e-12)
        return {name: np.clip(variance / total, 0.0, 1.0) for name, variance in explained.items()}


def _known(means: Array) -> Any:
    return np.ma.masked_invalid(np.asarray(means, dtype=np.float64))


def _variance(means: Any) -> NDArray[np.float64]:
    """Variance over the last axis of masked (L, …, size), averaged over the axes between."""
    variance = means.var(axis=-1)
    return np.asarray(np.ma.filled(variance if variance.ndim == 1 else variance.mean(axis=1), 0.0))
