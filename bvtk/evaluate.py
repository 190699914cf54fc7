"""Measuring a trained model: every image is encoded once, and all scores are made from the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.component import MetricSpec
from bvtk.engine.devices import autocast, choose_precision
from bvtk.engine.images import load_images
from bvtk.engine.order import split
from bvtk.errors import RunError
from bvtk.metrics.activation import mean_activation
from bvtk.metrics.compute import score
from bvtk.metrics.latents import active_latents, kl_per_latent
from bvtk.protocols import Codes, Dataset
from bvtk.recipe import Recipe
from bvtk.seeding import derive

BATCH = 512
QUICK_IMAGES = 20_000
"""How many images the scores during training are made from."""

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """A progress that nobody watches."""


@dataclass(frozen=True)
class Encoder:
    """A model's encoder over a data set.

    Args:
        model: the model, in eval mode.
        dataset: the images.
        device: where the model lives.
        precision: `fp32` or `bf16`.
    """

    model: Any
    dataset: Dataset
    device: torch.device
    precision: str

    def batch(self, index: NDArray[np.int64]) -> torch.Tensor:
        """The images of these indices (n,) as the model takes them (n, C, H, W)."""
        return load_images(self.dataset, index, self.device)

    def codes(
        self, index: NDArray[np.int64], progress: Progress = silent
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Posterior means and log-variances, (n, L) each, of the images of these indices (n,)."""
        mu = np.empty((len(index), self.model.latents), np.float32)
        logvar = np.empty_like(mu)
        with torch.inference_mode(), autocast(self.device, self.precision):
            for start in range(0, len(index), BATCH):
                rows = slice(start, start + BATCH)
                means, logvars = self.model.encode(self.batch(index[rows]))
                mu[rows], logvar[rows] = means.cpu().numpy(), logvars.cpu().numpy()
                progress(min(start + BATCH, len(index)), len(index))
        if not np.isfinite(mu).all():
            raise RunError("the posterior means of some images are not finite", "train with a lower learning rate")
        return mu, logvar


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Args:
        scores: one entry a metric, and `held_out`; JSON values.
        latents: statistics of the latents for the report: `kl`, `mean` and `std` (L,), and for data with
            factors `positions` (L, width, height) and `curve.<factor>` (L, size) or (L, shapes, size).
    """

    scores: dict[str, Any]
    latents: dict[str, NDArray[np.float32]]


def evaluate(
    recipe: Recipe, model: Any, dataset: Dataset, device: torch.device, progress: Progress = silent
) -> Evaluation:
    """Scores a model on all images of its recipe's data set, and on those that never trained.

    Args:
        recipe: names the metrics, the seed and the share of held-out images.
        model: trained, in eval mode, on the device.
        dataset: the recipe's.
        device: where to compute.
        progress: told how many of how many images are encoded.

    Raises:
        RunError: where a code or a score is not finite.
        UsageError: where a metric can't score these data.
    """
    encoder = Encoder(model, dataset, device, choose_precision(recipe.training.precision, device))
    everything = np.arange(len(dataset))
    mu, logvar = encoder.codes(everything, progress)
    factors = dataset.factors(everything) if dataset.factor_names else None
    scores = {"held_out": held_out_scores(recipe, encoder, mu, logvar)}
    scores |= _disentanglement(recipe.metrics, mu, factors, dataset.factor_names, recipe.seed)
    return Evaluation(scores, _latent_statistics(dataset, mu, logvar, factors))


def quick_scores(recipe: Recipe, model: Any, dataset: Dataset, device: torch.device) -> dict[str, Any]:
    """The recipe's metrics on a fixed random share of the images: a curve over training, not a result."""
    encoder = Encoder(model, dataset, device, choose_precision(recipe.training.precision, device))
    generator = np.random.default_rng(derive(recipe.seed, "quick scores"))
    count = min(QUICK_IMAGES, len(dataset))
    index = np.sort(generator.choice(len(dataset), count, replace=False))
    mu, logvar = encoder.codes(index)
    factors = dataset.factors(index) if dataset.factor_names else None
    found = _disentanglement(recipe.metrics, mu, factors, dataset.factor_names, recipe.seed)
    active, kl = active_latents(mu), kl_per_latent(mu, logvar)
    return {"scores": found, "images": count, "active_units": int(active.sum()), "kl_per_latent": kl.tolist()}


def held_out_scores(
    recipe: Recipe, encoder: Encoder, mu: NDArray[np.float32], logvar: NDArray[np.float32]
) -> dict[str, Any]:
    """Evidence lower bound, reconstruction and KL in nats an image, on images that never trained.

    Active units are counted over all images, as a few held-out ones may be alike.

    Args:
        recipe: gives the seed and the share of held-out images; where it holds none out, the training images count.
        encoder: over the recipe's data set.
        mu: (n, L) posterior means of all images.
        logvar: (n, L) their log-variances.
    """
    train, held_out = split(len(encoder.dataset), recipe.training.held_out, recipe.seed)
    index = held_out if len(held_out) else train[:BATCH]
    generator = torch.Generator(encoder.device)
    generator.manual_seed(derive(recipe.seed, "held out noise"))
    total = 0.0
    with torch.inference_mode(), autocast(encoder.device, encoder.precision):
        for start in range(0, len(index), BATCH):
            outputs = encoder.model(encoder.batch(index[start : start + BATCH]), generator)
            total += outputs.reconstruction.double().sum().item()
    reconstruction = total / len(index)
    kl = kl_per_latent(mu[index], logvar[index])
    return {
        "score": -(reconstruction + float(kl.sum())),
        "elbo": -(reconstruction + float(kl.sum())),
        "reconstruction": reconstruction,
        "kl": float(kl.sum()),
        "kl_per_latent": kl.tolist(),
        "active_units": int(active_latents(mu).sum()),
        "latents": mu.shape[1],
        "images": len(index),
        "trained_on": not len(held_out),
    }


def collapse(scores: dict[str, Any]) -> str | None:
    """What to tell of a posterior that ignores the images; None where it does not."""
    held_out = scores["held_out"]
    if held_out["active_units"]:
        return None
    return (
        f"posterior collapse: none of the {held_out['latents']} latents responds to the images, "
        "so the other scores mean nothing; train longer, lower β, or let β rise from 0"
    )


def _disentanglement(
    metrics: Sequence[MetricSpec],
    mu: NDArray[np.float32],
    factors: NDArray[np.int64] | None,
    names: tuple[str, ...],
    seed: int,
) -> dict[str, Any]:
    if not metrics:
        return {}
    if factors is None:
        factors, names = np.zeros((len(mu), 1), np.int64), ("none",)
    return score(Codes(mu, factors, names), metrics, derive(seed, "metrics"))


def _latent_statistics(
    dataset: Dataset,
    mu: NDArray[np.float32],
    logvar: NDArray[np.float32],
    factors: NDArray[np.int64] | None,
) -> dict[str, NDArray[np.float32]]:
    found: dict[str, NDArray[Any]] = {"kl": kl_per_latent(mu, logvar), "mean": mu.mean(axis=0), "std": mu.std(axis=0)}
    if factors is not None:
        names, sizes = dataset.factor_names, dataset.factor_sizes
        positions = dataset.position_factors or ()
        if positions:
            columns = [names.index(name) for name in positions]
            found["positions"] = mean_activation(mu, factors[:, columns], [sizes[c] for c in columns])
        apart = [names.index("shape")] if "shape" in names else []
        for column, name in enumerate(names):
            if name not in positions:
                columns = [*(c for c in apart if c != column), column]
                found[f"curve.{name}"] = mean_activation(mu, factors[:, columns], [sizes[c] for c in columns])
    return {name: np.ascontiguousarray(value, np.float32) for name, value in found.items()}
