"""All scores of a model: the recipe's metrics, and scores on held-out images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.errors import UsageError
from bvtk.evaluate.held_out import held_out_images, held_out_scores
from bvtk.evaluate.latents import latent_statistics
from bvtk.evaluate.representation import Encoder, Progress, Representation, images_encoded
from bvtk.metrics.estimators.latents import active_latents, kl_per_latent
from bvtk.metrics.scoring.compute import score_each
from bvtk.metrics.scoring.keys import HELD_OUT, collapsed
from bvtk.protocols import Codes, Dataset
from bvtk.recipe import Recipe
from bvtk.seeding import derive

QUICK_IMAGES = 20_000
"""Number of images for the metrics during training."""
QUICK_HELD_OUT = 512
"""Number of held-out images for the scores during training."""


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Args:
        scores: one entry per metric, and `held_out` and `squared_error` if the model has them; JSON values.
        latents: the result of `latent_statistics`, for the report.
        unscored: by metric without a score, why it can't score these data.
    """

    scores: dict[str, Any]
    latents: dict[str, NDArray[Any]]
    unscored: dict[str, str]


def evaluate(
    recipe: Recipe, model: Any, dataset: Dataset, device: torch.device, progress: Progress | None = None
) -> Evaluation:
    """Scores a model on all images of its recipe's data set, and on the held-out images.

    If the codes of all images don't fit into the memory for codes, a random subset is encoded, and the entry of each
    metric has its number of `images`. A metric that can't score these data has no entry; a warning says why.

    Args:
        recipe: has the metrics, the seed and the fraction of held-out images.
        model: trained, in eval mode, on the device.

    Raises:
        BvtkError: if a code or a score is not finite.
    """
    encoder = Encoder(recipe, model, dataset, device)
    representation = encoder.represent(encoder.sample(), progress)
    scores = held_out_scores(encoder, held_out_images(recipe, len(dataset)), representation)
    count = len(representation.index)
    images = {"images": count} if count < len(dataset) else {}
    entries, errors = _metrics(recipe, dataset, representation)
    scores |= {name: parts | images for name, parts in entries.items()}
    unscored = {name: "; ".join(str(error).splitlines()) for name, error in errors.items()}
    return Evaluation(scores, latent_statistics(dataset, representation), unscored)


def quick_scores(recipe: Recipe, model: Any, dataset: Dataset, device: torch.device) -> dict[str, Any]:
    """The same scores on a fixed random subset of the images, to follow a training.

    Returns:
        `scores` as in `Evaluation`; `images`, the number of images for the metrics; for a model with a posterior
        `active_units` and `kl_per_latent` over these images.
    """
    encoder = Encoder(recipe, model, dataset, device)
    generator = np.random.default_rng(derive(recipe.seed, "quick scores"))
    count = min(QUICK_IMAGES, images_encoded(len(dataset), model.latents))
    representation = encoder.represent(np.sort(generator.choice(len(dataset), count, replace=False)))
    scores = held_out_scores(encoder, held_out_images(recipe, len(dataset), QUICK_HELD_OUT), representation)
    scores |= _metrics(recipe, dataset, representation)[0]
    codes, logvar = representation.codes, representation.logvar
    if logvar is None:
        return {"scores": scores, "images": count}
    active, kl = int(active_latents(codes).sum()), kl_per_latent(codes, logvar).tolist()
    return {"scores": scores, "images": count, "active_units": active, "kl_per_latent": kl}


def warnings_of(scores: dict[str, Any], unscored: dict[str, str]) -> list[str]:
    """A warning if no latent responds to the images, and one for each metric without a score.

    Args:
        unscored: the reasons, by the keys of these metrics.
    """
    collapse = [_collapse(scores)] if collapsed(scores) else []
    return [*collapse, *(f"{key} has no score: {why}" for key, why in unscored.items())]


def _collapse(scores: dict[str, Any]) -> str:
    held_out = scores[HELD_OUT]
    what = f"none of the {held_out['latents']} latents responds to the images, so the other scores mean nothing"
    if "kl" not in held_out:
        return f"collapse: {what}. Train longer, or with a lower learning rate"
    return (
        f"posterior collapse: {what}. Train longer, or lower the weight of the KL: use a lower β, or one that rises "
        "from 0; with annealed_vae, a lower γ"
    )


def _metrics(
    recipe: Recipe, dataset: Dataset, representation: Representation
) -> tuple[dict[str, dict[str, Any]], dict[str, UsageError]]:
    if not recipe.metrics:
        return {}, {}
    names = dataset.factor_names or ("none",)
    index = representation.index
    factors = dataset.factors(index) if dataset.factor_names else np.zeros((len(index), 1), np.int64)
    codes = Codes(representation.codes, factors, names, factor_roles=dataset.factor_roles)
    return score_each(codes, recipe.metrics, derive(recipe.seed, "metrics"))
