"""Collects what a report shows from a run folder, the trained model and its data set.

Shapes: L latents of a code, S of them described, R rows, V values of a traversal, C×H×W an image.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays

from bvtk.counting import counted
from bvtk.engine.devices import describe
from bvtk.engine.split import split
from bvtk.evaluate import Encoder, collapse_warning, unscored_warnings
from bvtk.protocols import ACTIVE_VARIANCE, Dataset, Decoding, factor_with_role, position_factors
from bvtk.recipe import Recipe, dump_yaml
from bvtk.report.inputs import ReportInputs
from bvtk.runs import RunFolder, read_json, read_lines
from bvtk.seeding import derive

_ORIGINALS = 10
_ROWS = 3
_COLUMNS = 11
_SIGMAS = 3.0

Floats = NDArray[np.float32]


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
    shown = latents.get("latents", np.arange(len(latents["std"])))  # runs of before hold them all, and don't say so
    scores, log, environment = folder.read_scores(), folder.read_log(), read_json(folder.environment)
    return ReportInputs(
        name=recipe.name,
        summary=_summary(recipe, model, device),
        recipe=dump_yaml(recipe),
        image_shape=dataset.image_shape,
        scores=scores,
        code_size=model.latents,
        latents=shown.tolist(),
        mean=latents["mean"],
        spread=latents["std"],
        active=latents["std"] ** 2 > (ACTIVE_VARIANCE if "kl" in latents else 0),
        kl_per_latent=latents.get("kl"),
        log=log,
        **_pictures(Encoder(recipe, model, dataset, device), latents, shown),
        span=_span(recipe).tolist(),
        code_range=recipe.model.code_range,
        reads=recipe.model.reads,
        learns=recipe.model.learns != "nothing",
        evaluations=read_lines(folder.evaluations),
        positions=latents.get("positions"),
        position_factors=position_factors(dataset.factor_roles) or ("x", "y"),
        curves={n.removeprefix("curve."): values for n, values in latents.items() if n.startswith("curve.")},
        shape_names=dataset.value_names.get(factor_with_role(dataset.factor_roles, "category") or "", ()),
        environment=environment,
        plugins=[plugin["name"] for plugin in environment.get("plugins", [])],
        export=folder.export.name,
        timings={"train": _training_seconds(log, recipe.training.batch_size)} if log else {},
        warnings=_warnings(scores, environment),
    )


def _warnings(scores: dict[str, Any], environment: dict[str, Any]) -> list[str]:
    found = []
    if collapsed := collapse_warning(scores):
        found.append(collapsed)
    found.extend(unscored_warnings(environment.get("unscored", {})))
    if any(parts.get("trained_on") for parts in scores.values()):
        found.append("no images were held out: what is said of reconstructions is of images that trained")
    if environment.get("resumed_with"):
        found.append("the run was resumed under other circumstances than it began: see environment.json")
    return found


def _examples(recipe: Recipe, dataset: Dataset) -> NDArray[np.int64]:
    train, held_out = split(len(dataset), recipe.training.held_out, recipe.seed)
    pool = held_out if len(held_out) else train
    generator = np.random.default_rng(derive(recipe.seed, "report"))
    return generator.choice(pool, min(_ORIGINALS, len(pool)), replace=False)


def _pictures(encoder: Encoder, latents: Mapping[str, Floats], shown: NDArray[np.int64]) -> dict[str, Floats]:
    """What the model makes of codes, by the field of `ReportInputs` that takes it; empty where it makes nothing."""
    if not isinstance(encoder.model, Decoding):
        return {}
    model: Any = encoder.model
    index = _examples(encoder.recipe, encoder.dataset)
    with torch.inference_mode():
        codes_NL = model.encode(encoder.inputs(index))[0]
        pictures = {"traversals": _traversals(model, codes_NL[:_ROWS], shown, _values(encoder.recipe, latents))}
        if "reconstruction" in encoder.recipe.model.gives:
            pictures["originals"] = encoder.images(index).cpu().numpy()
            pictures["reconstructions"] = model.decode(codes_NL).cpu().numpy()
    return pictures


def _span(recipe: Recipe) -> Floats:
    """The columns of a traversal (V,): the range of a code, or where it is not bounded standard deviations."""
    low, high = recipe.model.code_range or (-_SIGMAS, _SIGMAS)
    return np.linspace(low, high, _COLUMNS, dtype=np.float32)


def _values(recipe: Recipe, latents: Mapping[str, Floats]) -> Floats:
    """The values that each latent takes in its traversal (S, V): of the prior, or without one of its own spread."""
    span = _span(recipe)
    if "kl" in latents or recipe.model.code_range:
        return np.tile(span, (len(latents["std"]), 1))
    return np.asarray(latents["mean"][:, None] + latents["std"][:, None] * span, np.float32)


def _traversals(model: Any, codes_RL: torch.Tensor, shown: NDArray[np.int64], values_SV: Floats) -> Floats:
    """Decodes rows of codes while one latent after the other takes its values: (S, R, V, C, H, W)."""
    rows, count = codes_RL.shape
    blocks = []
    for latent, values in zip(shown.tolist(), values_SV, strict=True):
        z_RVL = codes_RL[:, None, :].repeat(1, len(values), 1)
        z_RVL[:, :, latent] = torch.from_numpy(values).to(z_RVL)
        images = model.decode(z_RVL.reshape(-1, count))
        blocks.append(images.reshape(rows, len(values), *images.shape[1:]).cpu().numpy())
    return np.stack(blocks)


def _summary(recipe: Recipe, model: Any, device: torch.device) -> str:
    what = recipe.objective or recipe.model
    latents = counted(model.latents, "latent")
    return (
        f"{what.component} on {recipe.dataset.component}, {latents}, {_learning(recipe)}, "
        f"seed {recipe.seed}, {describe(device)}"
    )


def _learning(recipe: Recipe) -> str:
    if recipe.model.reads == "factors":
        return "the factors themselves"
    if recipe.model.learns == "fit":
        return "fitted at one go"
    if recipe.model.learns == "nothing" or not recipe.training.steps:
        return "untrained"
    return f"{counted(recipe.training.steps, 'step')} of {counted(recipe.training.batch_size, 'image')}"


def _training_seconds(log: list[dict[str, Any]], batch_size: int) -> float:
    steps = [0, *(line["step"] for line in log)]
    lengths = [after - before for before, after in pairwise(steps)]
    return float(sum(n * batch_size / line["images_per_second"] for n, line in zip(lengths, log, strict=True)))
