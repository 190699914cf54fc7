"""The figures of a report, with their titles, notes and descriptions."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bvtk.report.charts import activation_chart, dependence_chart, kl_chart, training_chart
from bvtk.report.inputs import ReportInputs
from bvtk.report.scores import held_out_curves, score_curves


@dataclass(frozen=True)
class Figure:
    """A picture with its description, title and note.

    Args:
        file: name of its PNG in `figures/`.
        title: a heading; empty if the heading of the section is enough.
        marks: what its horizontal axis shows, from left to right; empty without an axis.
    """

    file: str
    png: bytes
    alt: str
    title: str = ""
    note: str = ""
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class Figures:
    """The figures of a report, by section.

    Args:
        reconstructions: originals above their reconstructions; None if there are none.
        traversals: one per latent that responds to the image, in the order of the inputs; empty without a decoder.
        quiet: traversals of the other latents.
        dependence: which factor each latent follows; None without factors.
        activation: Figure 7 of the β-VAE paper; None without factors.
        kl: KL per latent; None without a posterior.
        training: curves over training; None without a log.
    """

    reconstructions: Figure | None
    traversals: tuple[Figure, ...]
    quiet: tuple[Figure, ...]
    dependence: Figure | None
    activation: Figure | None
    kl: Figure | None
    training: Figure | None

    def all(self) -> list[Figure]:
        """Every figure, in the order of the page."""
        after = (self.dependence, self.activation, self.kl, self.training)
        figures = (self.reconstructions, *self.traversals, *self.quiet, *after)
        return [figure for figure in figures if figure is not None]


def draw_figures(inputs: ReportInputs) -> Figures:
    """Draws all figures of a report."""
    blocks = _traversals(inputs)
    return Figures(
        reconstructions=_reconstructions(inputs),
        traversals=tuple(block for row, block in blocks if inputs.active[row]),
        quiet=tuple(block for row, block in blocks if not inputs.active[row]),
        dependence=_dependence(inputs),
        activation=_activation(inputs),
        kl=_kl(inputs),
        training=_training(inputs),
    )


def _reconstructions(inputs: ReportInputs) -> Figure | None:
    if inputs.originals is None or inputs.reconstructions is None:
        return None
    pairs = fit(np.stack([inputs.originals, inputs.reconstructions]))
    alt = f"{pairs.shape[1]} images in the first row, their reconstructions in the second."
    return Figure("reconstructions.png", grid_png(pairs), alt)


def _traversals(inputs: ReportInputs) -> list[tuple[int, Figure]]:
    if inputs.traversals is None:
        return []
    blocks = fit_all(inputs.traversals)
    return [(row, _traversal(inputs, row, blocks[row])) for row in inputs.order]


def _traversal(inputs: ReportInputs, row: int, images: NDArray[Any]) -> Figure:
    low, high = (f"{value:+.3g}{inputs.span_unit}" for value in (inputs.spans[row][0], inputs.spans[row][-1]))
    return Figure(
        file=f"traversal-{inputs.latents[row]:02d}.png",
        png=grid_png(images),
        alt=f"Decoded images as {inputs.names[row]} goes from {low} to {high}, with one row per image.",
        title=inputs.names[row],
        note=_note(inputs, row),
        marks=inputs.marks(row),
    )


def _note(inputs: ReportInputs, row: int) -> str:
    kl = inputs.kl_per_latent
    weight = f"σ {inputs.spread[row]:.3g}" if kl is None else f"{kl[row]:.2f} nats"
    shares = {name: float(values[row]) for name, values in inputs.dependence.items()}
    if not shares or not inputs.active[row]:
        return weight
    name = max(shares, key=lambda factor: shares[factor])
    if shares[name] < 0.2:
        return f"{weight} · follows no single factor"
    return f"{weight} · follows {name.replace('_', ' ')} ({100 * shares[name]:.0f} %)"


def _dependence(inputs: ReportInputs) -> Figure | None:
    shares = inputs.dependence
    if not shares:
        return None
    png = dependence_chart({name: values.tolist() for name, values in shares.items()}, inputs.order, inputs.names)
    best = ", ".join(
        f"{name}: {inputs.names[int(np.argmax(values))]} ({100 * values.max():.0f} %)"
        for name, values in shares.items()
    )
    alt = f"Table of factors and latents. The latent that follows each factor most closely: {best}."
    return Figure("dependence.png", png, alt)


def _activation(inputs: ReportInputs) -> Figure | None:
    if inputs.positions is None and not inputs.curves:
        return None
    positions = None if inputs.positions is None else inputs.in_own_units(inputs.positions)
    curves = {name: inputs.in_own_units(curve) for name, curve in inputs.curves.items()}
    png = activation_chart(positions, curves, inputs.order, inputs.names, inputs.shape_names)
    rows = (["a map over positions"] if inputs.positions is not None else []) + [
        f"curves over {n}" for n in inputs.curves
    ]
    return Figure("activation.png", png, f"Mean activation, one column per latent: {', '.join(rows)}.")


def _kl(inputs: ReportInputs) -> Figure | None:
    if inputs.kl_per_latent is None:
        return None
    kl = [float(value) for value in inputs.kl_per_latent]
    alt = "Bars of KL in nats: " + ", ".join(f"{inputs.names[row]} {kl[row]:.2f}" for row in inputs.order) + "."
    return Figure("kl.png", kl_chart(kl, inputs.order, inputs.names, inputs.active.tolist()), alt)


def _training(inputs: ReportInputs) -> Figure | None:
    if not inputs.log:
        return None
    last = inputs.log[-1]
    ends = ", ".join(f"{key} {last[key]:.4g}" for key in ("loss", "reconstruction", "kl") if key in last)
    alt = f"Curves over training steps. At step {last['step']}: {ends}."
    png = training_chart(inputs.log, held_out_curves(inputs.evaluations), score_curves(inputs.evaluations))
    return Figure("training.png", png, alt)


GAP = 4
"""Transparent pixels between the images of a grid."""
SHARP = 128
"""The largest height to which small images are enlarged, each pixel to a square, so that they stay sharp."""
BUDGET = 1_600_000
"""The most values in all grids of one kind: larger images are averaged down to keep the page small."""


def fit(images: NDArray[Any]) -> NDArray[Any]:
    """Halves images (…, C, H, W) until they fit a page or are smaller than 64 pixels; enlarges small ones."""
    while images.size > BUDGET and min(images.shape[-2:]) >= 64:
        *rest, height, width = images.shape
        even = images[..., : height // 2 * 2, : width // 2 * 2]
        images = even.reshape(*rest, height // 2, 2, width // 2, 2).mean(axis=(-3, -1))
    scale = 1
    while images.shape[-2] * (scale + 1) <= SHARP and images.size * (scale + 1) ** 2 <= 4 * BUDGET:
        scale += 1
    return images.repeat(scale, axis=-2).repeat(scale, axis=-1)


def fit_all(grids: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Fits grids (rows, columns, C, H, W) by the same scale. They have equally many rows; columns may differ."""
    ends = np.cumsum([grid.shape[1] for grid in grids])
    return np.split(fit(np.concatenate(grids, axis=1)), ends[:-1], axis=1)


def grid_png(images: NDArray[Any]) -> bytes:
    """One PNG of a grid of images.

    Args:
        images: (rows, columns, C, H, W) in [0, 1]. One channel is grey, the first three of more are RGB.
    """
    tiles = np.moveaxis(_displayed(images), 2, -1)
    opaque = np.full((*tiles.shape[:-1], 1), 255, np.uint8)
    tiles = np.concatenate([tiles, opaque], axis=-1)
    spaced = np.pad(tiles, ((0, 0), (0, 0), (0, GAP), (0, GAP), (0, 0)))
    rows, columns, height, width, bands = spaced.shape
    whole = spaced.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, bands)[:-GAP, :-GAP]
    file = io.BytesIO()
    Image.fromarray(whole, "LA" if bands == 2 else "RGBA").save(file, "PNG", compress_level=9)
    return file.getvalue()


def _displayed(images: NDArray[Any]) -> NDArray[np.uint8]:
    channels = images.shape[2]
    if channels == 2:
        images = images.mean(axis=2, keepdims=True)
    shown = images[:, :, :3]
    return np.asarray(np.clip(shown, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
