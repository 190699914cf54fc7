"""Every figure of a report, with its words: what it shows, and how to read it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bvtk.report.charts import activation_chart, dependence_chart, kl_chart, training_chart
from bvtk.report.grids import fit, grid_png
from bvtk.report.inputs import ReportInputs
from bvtk.report.scores import score_curves


@dataclass(frozen=True)
class Figure:
    """A picture and its words.

    Args:
        file: name of its PNG under `figures/`.
        png: the picture.
        alt: what it shows, for people who don't see it.
        title: a heading; empty where the section's own says it all.
        note: a short remark beside the heading.
    """

    file: str
    png: bytes
    alt: str
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """The figures of a report, by section.

    Args:
        reconstructions: originals over their reconstructions.
        traversals: one a latent that responds to the image, largest KL first.
        quiet: traversals of the latents that respond to nothing.
        dependence: which factor each latent follows; None without factors.
        activation: the paper's Figure 7; None without factors.
        kl: KL a latent.
        training: curves over training; None without a log.
    """

    reconstructions: Figure
    traversals: tuple[Figure, ...]
    quiet: tuple[Figure, ...]
    dependence: Figure | None
    activation: Figure | None
    kl: Figure
    training: Figure | None

    def all(self) -> list[Figure]:
        """Every figure, in the order of the page."""
        single = (self.dependence, self.activation, self.kl, self.training)
        return [self.reconstructions, *self.traversals, *self.quiet, *(f for f in single if f is not None)]


def draw_figures(inputs: ReportInputs) -> Figures:
    """Draws all figures of a report."""
    blocks = _traversals(inputs)
    return Figures(
        reconstructions=_reconstructions(inputs),
        traversals=tuple(block for latent, block in blocks if inputs.active[latent]),
        quiet=tuple(block for latent, block in blocks if not inputs.active[latent]),
        dependence=_dependence(inputs),
        activation=_activation(inputs),
        kl=_kl(inputs),
        training=_training(inputs),
    )


def _reconstructions(inputs: ReportInputs) -> Figure:
    pairs = fit(np.stack([inputs.originals, inputs.reconstructions]))
    alt = f"Two rows of {pairs.shape[1]} images: originals above, their reconstructions below."
    return Figure("reconstructions.png", grid_png(pairs), alt)


def _traversals(inputs: ReportInputs) -> list[tuple[int, Figure]]:
    images = fit(inputs.traversals)
    low, high = float(inputs.span[0]), float(inputs.span[-1])
    return [
        (
            latent,
            Figure(
                file=f"traversal-{latent:02d}.png",
                png=grid_png(images[latent]),
                alt=f"Decoded images as latent {latent} goes from {low:+.0f} to {high:+.0f}, a row an image.",
                title=f"z{latent}",
                note=_note(inputs, latent),
            ),
        )
        for latent in inputs.order
    ]


def _note(inputs: ReportInputs, latent: int) -> str:
    nats = f"{inputs.kl_per_latent[latent]:.2f} nats"
    shares = {name: float(values[latent]) for name, values in inputs.dependence.items()}
    if not shares or not inputs.active[latent]:
        return nats
    name = max(shares, key=lambda factor: shares[factor])
    if shares[name] < 0.2:
        return f"{nats} · follows no single factor"
    return f"{nats} · {100 * shares[name]:.0f} % of it follows {name.replace('_', ' ')}"


def _dependence(inputs: ReportInputs) -> Figure | None:
    shares = inputs.dependence
    if not shares:
        return None
    png = dependence_chart({name: values.tolist() for name, values in shares.items()}, inputs.order)
    best = ", ".join(
        f"{name}: z{int(np.argmax(values))} ({100 * values.max():.0f} %)" for name, values in shares.items()
    )
    alt = f"Table of factors against latents. The latent that follows each factor most closely: {best}."
    return Figure("dependence.png", png, alt)


def _activation(inputs: ReportInputs) -> Figure | None:
    if inputs.positions is None and not inputs.curves:
        return None
    png = activation_chart(inputs.positions, inputs.curves, inputs.order, inputs.shape_names)
    rows = (["a map over positions"] if inputs.positions is not None else []) + [
        f"curves over {n}" for n in inputs.curves
    ]
    return Figure("activation.png", png, f"For each latent, a column with its mean activation: {', '.join(rows)}.")


def _kl(inputs: ReportInputs) -> Figure:
    kl = [float(value) for value in inputs.kl_per_latent]
    alt = "Bars of KL in nats: " + ", ".join(f"z{latent} {kl[latent]:.2f}" for latent in inputs.order) + "."
    return Figure("kl.png", kl_chart(kl, inputs.order, inputs.active.tolist()), alt)


def _training(inputs: ReportInputs) -> Figure | None:
    if not inputs.log:
        return None
    last = inputs.log[-1]
    ends = ", ".join(f"{key} {last[key]:.4g}" for key in ("loss", "reconstruction", "kl") if key in last)
    alt = f"Curves over training steps. At step {last['step']}: {ends}."
    return Figure("training.png", training_chart(inputs.log, score_curves(inputs.evaluations)), alt)
