"""All scores of a model: the recipe's metrics, and scores on held-out images.

Shapes: B images, C channels, H × W pixels, L latents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.engine.images import split
from bvtk.errors import UsageError
from bvtk.evaluate.representation import BATCH, Encoder, Progress, Representation, images_encoded, latent_statistics
from bvtk.metrics.estimators.latents import active_latents, kl_per_latent
from bvtk.metrics.scoring.compute import checked_result, score_each
from bvtk.metrics.scoring.keys import HELD_OUT, collapsed
from bvtk.protocols import Codes, Dataset, Decoding
from bvtk.recipe import Recipe
from bvtk.seeding import derive


@dataclass(frozen=True)
class HeldOut:
    """Images (n,) to compute scores on, and whether the model was trained on them, as the recipe holds out none."""

    index: NDArray[np.int64]
    trained_on: bool

    def portions(self) -> list[NDArray[np.int64]]:
        """The indices in batches."""
        return [self.index[start : start + BATCH] for start in range(0, len(self.index), BATCH)]


def held_out_images(recipe: Recipe, size: int, most: int | None = None) -> HeldOut:
    """The held-out images of a recipe for a data set of this size; if it holds out none, some of its training images.

    The seed draws at most `most` images; None is for all held-out images.
    """
    train, held_out = split(size, recipe.training.held_out, recipe.seed)
    pool = held_out if len(held_out) else train
    count = min(len(pool), (most or len(pool)) if len(held_out) else BATCH)
    if count < len(pool):
        generator = np.random.default_rng(derive(recipe.seed, "measured images"))
        pool = np.sort(generator.choice(pool, count, replace=False))
    return HeldOut(pool, not len(held_out))


def held_out_scores(encoder: Encoder, images: HeldOut, representation: Representation) -> dict[str, Any]:
    """Scores of a model on held-out images; active units are counted from the codes of more images.

    Returns:
        `held_out` if the training pass has a reconstruction, `squared_error` if the model reconstructs images.

    Raises:
        BvtkError: if a score is not finite.
    """
    spec = encoder.recipe.model
    scores = {}
    if "reconstruction" in spec.gives and spec.learns == "steps":
        scores["held_out"] = _likelihood(encoder, images, representation)
    if "reconstruction" in spec.gives and isinstance(encoder.model, Decoding):
        scores["squared_error"] = _squared_error(encoder, images)
    about = {"images": len(images.index), "trained_on": images.trained_on}
    return {name: checked_result(name, parts | about) for name, parts in scores.items()}


def _likelihood(encoder: Encoder, images: HeldOut, representation: Representation) -> dict[str, Any]:
    """Reconstruction in nats per image; for a model with a posterior also the KL and the evidence lower bound.

    Active units are counted over all encoded images, because a few held-out images may be too similar. Without a prior
    there is no scale, so every latent that varies counts.
    """
    generator = torch.Generator(encoder.device).manual_seed(derive(encoder.recipe.seed, "held out noise"))
    total, kl_L = 0.0, np.zeros(encoder.model.latents)
    codes, logvar = representation.codes, representation.logvar
    active = np.ptp(codes, axis=0) > 0 if logvar is None else active_latents(codes)
    posterior = logvar is not None and "posterior" in encoder.recipe.model.gives
    with torch.inference_mode(), encoder.computing():
        for index in images.portions():
            outputs = encoder.model(encoder.inputs(index), generator)
            total += float(outputs.reconstruction.cpu().double().sum())
            if posterior:
                kl_L += outputs.kl.cpu().double().sum(dim=0).numpy()
    count = len(images.index)
    reconstruction, kl_L = total / count, kl_L / count
    latents = {"active_units": int(active.sum()), "latents": encoder.model.latents}
    if not posterior:
        return {"score": -reconstruction, "reconstruction": reconstruction, **latents}
    kl = float(kl_L.sum())
    elbo = -(reconstruction + kl)
    terms = {"reconstruction": reconstruction, "kl": kl, "kl_per_latent": kl_L.tolist()}
    return {"score": elbo, "elbo": elbo, **terms, **latents}


def _squared_error(encoder: Encoder, images: HeldOut) -> dict[str, Any]:
    """Σ (x − decode(encode(x)))² over pixels and channels, averaged over images; comparable between all models."""
    total = 0.0
    with torch.inference_mode(), encoder.computing():
        for index in images.portions():
            decoded = encoder.model.decode(encoder.model.encode(encoder.inputs(index))[0])
            total += float((decoded.float() - encoder.images(index)).square().cpu().double().sum())
    score = total / len(images.index)
    return {"score": score, "per_pixel": score / encoder.dataset.image_shape.pixels}


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
    """A warning if no latent responds to the images, and one for each metric without a score, with the reason."""
    found = [f"{key} has no score: {why}" for key, why in unscored.items()]
    if not collapsed(scores):
        return found
    what, fix = "collapse", "with a lower learning rate"
    if "kl" in scores[HELD_OUT]:
        what, fix = "posterior collapse", "lower the weight of the KL: use a lower β, or one that rises from 0"
        fix += "; with annealed_vae, a lower γ"
    latents = f"none of the {scores[HELD_OUT]['latents']} latents responds to the images"
    return [f"{what}: {latents}, so the other scores mean nothing. Train longer, or {fix}", *found]


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
