"""Collects what a report shows from a run folder, the trained model and its data set.

Shapes: L latents, R rows, S steps of a traversal, C×H×W an image.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays

from bvtk.engine.devices import describe
from bvtk.engine.images import load_images
from bvtk.engine.order import split
from bvtk.evaluate import collapse
from bvtk.protocols import ACTIVE_VARIANCE, Dataset
from bvtk.recipe import Recipe, dump_yaml
from bvtk.report.inputs import ReportInputs
from bvtk.runs import RunFolder, read_json, read_lines
from bvtk.seeding import derive

_ORIGINALS = 10
_ROWS = 3
_SPAN = np.linspace(-3, 3, 11, dtype=np.float32)


def gather(folder: RunFolder, recipe: Recipe, model: Any, dataset: Dataset, device: torch.device) -> ReportInputs:
    """Everything that the report of a run shows.

    Args:
        folder: the run, measured and exported.
        recipe: its recipe.
        model: trained, in eval mode, on the device.
        dataset: the recipe's.
        device: where the model lives.
    """
    latents = load_arrays(folder.latents.read_bytes())
    scores, log = folder.read_scores(), folder.read_log()
    x = load_images(dataset, _examples(recipe, dataset), device)
    with torch.inference_mode():
        mu = model.encode(x)[0]
        reconstructions = model.decode(mu)
        traversals = _traversals(model, mu[:_ROWS])
    active = latents["std"] ** 2 > ACTIVE_VARIANCE
    environment = read_json(folder.environment)
    return ReportInputs(
        name=recipe.name,
        summary=_summary(recipe, device),
        recipe=dump_yaml(recipe),
        image_shape=dataset.image_shape,
        scores=scores,
        log=log,
        originals=x.cpu().numpy(),
        reconstructions=reconstructions.cpu().numpy(),
        traversals=traversals,
        span=_SPAN,
        kl_per_latent=latents["kl"],
        active=active,
        spread=latents["std"],
        evaluations=read_lines(folder.evaluations),
        positions=latents.get("positions"),
        position_factors=dataset.position_factors or ("x", "y"),
        curves={n.removeprefix("curve."): values for n, values in latents.items() if n.startswith("curve.")},
        shape_names=dataset.value_names.get("shape", ()),
        environment=environment,
        plugins=[plugin["name"] for plugin in environment.get("plugins", [])],
        export=folder.export.name,
        timings={"train": _training_seconds(log, recipe.training.batch_size)} if log else {},
        warnings=_warnings(scores, environment),
    )


def _warnings(scores: dict[str, Any], environment: dict[str, Any]) -> list[str]:
    found = []
    if collapsed := collapse(scores):
        found.append(collapsed)
    if scores["held_out"]["trained_on"]:
        found.append("no images were held out: reconstruction and KL are those of images that trained")
    if environment.get("resumed_with"):
        found.append("the run was resumed under other circumstances than it began: see environment.json")
    return found


def _examples(recipe: Recipe, dataset: Dataset) -> NDArray[np.int64]:
    train, held_out = split(len(dataset), recipe.training.held_out, recipe.seed)
    pool = held_out if len(held_out) else train
    generator = np.random.default_rng(derive(recipe.seed, "report"))
    return generator.choice(pool, min(_ORIGINALS, len(pool)), replace=False)


def _traversals(model: Any, mu_RL: torch.Tensor) -> NDArray[np.float32]:
    """Decodes rows of images while one latent after the other takes the values of the span: (L, R, S, C, H, W)."""
    rows, count = mu_RL.shape
    span_S = torch.from_numpy(_SPAN).to(mu_RL.device)
    blocks = []
    for latent in range(count):
        z_RSL = mu_RL[:, None, :].repeat(1, len(_SPAN), 1)
        z_RSL[:, :, latent] = span_S
        images = model.decode(z_RSL.reshape(-1, count))
        blocks.append(images.reshape(rows, len(_SPAN), *images.shape[1:]).cpu().numpy())
    return np.stack(blocks)


def _summary(recipe: Recipe, device: torch.device) -> str:
    model, training = recipe.model, recipe.training
    latents = f", {count} latents" if (count := getattr(model, "latents", None)) else ""
    return (
        f"{recipe.objective.component} on {recipe.dataset.component}{latents}, "
        f"{training.steps:,} steps of {training.batch_size} images, seed {recipe.seed}, {describe(device)}"
    )


def _training_seconds(log: list[dict[str, Any]], batch_size: int) -> float:
    steps = [0, *(line["step"] for line in log)]
    lengths = [after - before for before, after in pairwise(steps)]
    return float(sum(n * batch_size / line["images_per_second"] for n, line in zip(lengths, log, strict=True)))
