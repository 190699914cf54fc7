"""Scores on held-out images. Shapes: B images, C channels, H × W pixels, L latents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.engine.images import split
from bvtk.evaluate.representation import BATCH, Encoder, Representation
from bvtk.metrics.estimators.latents import active_latents
from bvtk.metrics.scoring.compute import checked_result
from bvtk.protocols import Decoding
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
