"""All scores of a model: the recipe's metrics, and what is measured on held-out images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.evaluate.held_out import HeldOut, held_out_images, held_out_scores
from bvtk.evaluate.latents import latent_statistics
from bvtk.evaluate.representation import Encoder, Progress, Representation, images_encoded, silent
from bvtk.metrics.estimators.latents import active_latents, kl_per_latent
from bvtk.metrics.scoring.compute import checked_result, score_each
from bvtk.metrics.scoring.keys import HELD_OUT, collapsed
from bvtk.protocols import Codes, Dataset
from bvtk.recipe import Recipe
from bvtk.seeding import derive

QUICK_IMAGES = 20_000
"""How many images the metrics during training are made from."""
QUICK_HELD_OUT = 512
"""How many held-out images are measured during training."""


@dataclass(frozen=True)
class Evaluation:
    """What was measured.

    Args:
        scores: one entry a metric, and of what the model can do `held_out` and `squared_error`; JSON values.
        latents: statistics of the latents for the report, as `latent_statistics` gives them.
        unscored: why, of metrics that can't score these data and have no entry.
    """

    scores: dict[str, Any]
    latents: dict[str, NDArray[Any]]
    unscored: dict[str, str]

    @property
    def warnings(self) -> list[str]:
        """What a reader should know before believing the scores, or missing one."""
        warning = collapse(self.scores)
        return [*([warning] if warning else []), *told_unscored(self.unscored)]


def evaluate(
    recipe: Recipe, model: Any, dataset: Dataset, device: torch.device, progress: Progress = silent
) -> Evaluation:
    """Scores a model on the images of its recipe's data set, and on those that never trained.

    Where the codes of all images would not fit the memory for them, a random share is encoded, and each metric's
    entry says of how many `images`. A metric that can't score these data has no entry, and a warning says why.

    Args:
        recipe: names the metrics, the seed and the share of held-out images.
        model: trained, in eval mode, on the device.
        dataset: the recipe's.
        device: where to compute.
        progress: told how many of how many images are encoded.

    Raises:
        BvtkError: where a code or a score is not finite.
    """
    encoder = Encoder(recipe, model, dataset, device)
    found = encoder.represent(encoder.sample(), progress)
    scores = _measured(encoder, held_out_images(recipe, len(dataset)), found)
    images = {"images": len(found.index)} if len(found.index) < len(dataset) else {}
    entries, refused = _disentanglement(recipe, dataset, found)
    scores |= {name: parts | images for name, parts in entries.items()}
    unscored = {name: "; ".join(str(error).splitlines()) for name, error in refused.items()}
    return Evaluation(scores, latent_statistics(dataset, found), unscored)


def quick_scores(recipe: Recipe, model: Any, dataset: Dataset, device: torch.device) -> dict[str, Any]:
    """The same scores from a fixed random share of the images: a curve over training, not a result.

    Returns:
        `scores` as `evaluate` gives them; `images`, how many the metrics saw; for a model with a posterior
        `active_units` and `kl_per_latent` over these.
    """
    encoder = Encoder(recipe, model, dataset, device)
    generator = np.random.default_rng(derive(recipe.seed, "quick scores"))
    count = min(QUICK_IMAGES, images_encoded(len(dataset), model.latents))
    found = encoder.represent(np.sort(generator.choice(len(dataset), count, replace=False)))
    scores = _measured(encoder, held_out_images(recipe, len(dataset), QUICK_HELD_OUT), found)
    scores |= _disentanglement(recipe, dataset, found)[0]
    measured = {"scores": scores, "images": count}
    if found.logvar is None:
        return measured
    active, kl = active_latents(found.codes), kl_per_latent(found.codes, found.logvar)
    return {**measured, "active_units": int(active.sum()), "kl_per_latent": kl.tolist()}


def collapse(scores: dict[str, Any]) -> str | None:
    """What to tell of a posterior that ignores the images; None where it does not, or where there is none."""
    if not collapsed(scores):
        return None
    return (
        f"posterior collapse: none of the {scores[HELD_OUT]['latents']} latents responds to the images, "
        "so the other scores mean nothing; train longer, or weigh the KL less: a lower β, or one that rises from 0; "
        "with annealed_vae a lower γ"
    )


def told_unscored(unscored: dict[str, str]) -> list[str]:
    """A sentence for each metric that can't score the data, from its key and why."""
    return [f"{key} has no score: {why}" for key, why in unscored.items()]


def _measured(encoder: Encoder, images: HeldOut, found: Representation) -> dict[str, Any]:
    return {name: checked_result(name, parts) for name, parts in held_out_scores(encoder, images, found).items()}


def _disentanglement(
    recipe: Recipe, dataset: Dataset, found: Representation
) -> tuple[dict[str, dict[str, Any]], dict[str, UsageError]]:
    if not recipe.metrics:
        return {}, {}
    names = dataset.factor_names or ("none",)
    factors = dataset.factors(found.index) if dataset.factor_names else np.zeros((len(found.index), 1), np.int64)
    codes = Codes(found.codes, factors, names, factor_roles=dataset.factor_roles)
    return score_each(codes, recipe.metrics, derive(recipe.seed, "metrics"))
