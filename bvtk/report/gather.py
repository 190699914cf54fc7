"""Collects the contents of a report from a run folder, the trained model and its data set.

Shapes: L latents of a code, R rows, V values of a traversal, C×H×W an image.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bvtk.engine.devices import describe
from bvtk.engine.images import split
from bvtk.evaluate.representation import Encoder
from bvtk.evaluate.scores import warnings_of
from bvtk.protocols import ACTIVE_VARIANCE, Dataset, Decoding, Traversable, factor_with_role, position_factors
from bvtk.quantities import counted
from bvtk.recipe import Recipe, dump_yaml
from bvtk.report.inputs import ReportInputs
from bvtk.runs import RunFolder, read_json, read_lines
from bvtk.seeding import derive
from bvtk.traversal import Axis, CodeStatistics, Floats, axis_of, read_latents

_ORIGINALS = 10
_ROWS = 3
_MOST_COLUMNS = 16


def gather(folder: RunFolder, recipe: Recipe, model: Any, dataset: Dataset, device: torch.device) -> ReportInputs:
    """The contents of the report of a run that is evaluated and exported; its model is on the device, in eval mode."""
    latents = read_latents(folder.latents)
    statistics = CodeStatistics.of(latents)
    scores, log, environment = folder.read_scores(), folder.read_log(), read_json(folder.environment)
    return ReportInputs(
        name=recipe.name,
        summary=_summary(recipe, model, device),
        recipe=dump_yaml(recipe),
        image_shape=dataset.image_shape,
        scores=scores,
        code_size=model.latents,
        latents=statistics.latents,
        mean=statistics.mean,
        spread=statistics.std,
        active=statistics.std**2 > (0 if statistics.kl is None else ACTIVE_VARIANCE),
        kl_per_latent=statistics.kl,
        log=log,
        **_pictures(Encoder(recipe, model, dataset, device), statistics),
        reads=recipe.model.reads,
        learns=recipe.model.learns != "nothing",
        evaluations=read_lines(folder.evaluations),
        positions=latents.get("positions"),
        position_factors=position_factors(dataset.factor_roles) or ("x", "y"),
        curves={name: latents[f"curve.{name}"] for name in dataset.factor_names if f"curve.{name}" in latents},
        shape_names=dataset.value_names.get(factor_with_role(dataset.factor_roles, "category") or "", ()),
        environment=environment,
        plugins=[plugin["name"] for plugin in environment.get("plugins", [])],
        export=folder.export.name,
        timings={"train": _training_seconds(log, recipe.training.batch_size)} if log else {},
        warnings=_warnings(scores, environment),
    )


def _warnings(scores: dict[str, Any], environment: dict[str, Any]) -> list[str]:
    found = warnings_of(scores, environment.get("unscored", {}))
    if any(parts.get("trained_on") for parts in scores.values()):
        found.append("no images were held out, so the reconstructions are of images that the model trained on")
    if environment.get("resumed_with"):
        found.append("the run was resumed in another environment than it started in, see environment.json")
    return found


def _examples(recipe: Recipe, dataset: Dataset) -> NDArray[np.int64]:
    train, held_out = split(len(dataset), recipe.training.held_out, recipe.seed)
    pool = held_out if len(held_out) else train
    generator = np.random.default_rng(derive(recipe.seed, "report"))
    return generator.choice(pool, min(_ORIGINALS, len(pool)), replace=False)


def _pictures(encoder: Encoder, statistics: CodeStatistics) -> dict[str, Any]:
    """The images that the model makes of codes, by field of `ReportInputs`; empty if it makes none."""
    if not isinstance(encoder.model, Decoding):
        return {}
    model: Any = encoder.model
    index = _examples(encoder.recipe, encoder.dataset)
    axes = [_axis(model, latent, statistics) for latent in statistics.latents]
    with torch.inference_mode():
        codes_NL = model.encode(encoder.inputs(index))[0]
        pictures = {
            "traversals": [
                _traversal(model, codes_NL[:_ROWS], latent, axis.values)
                for latent, axis in zip(statistics.latents, axes, strict=True)
            ],
            "spans": [axis.marks.tolist() for axis in axes],
            "own_values": isinstance(model, Traversable),
        }
        if "reconstruction" in encoder.recipe.model.gives:
            pictures["originals"] = encoder.images(index).cpu().numpy()
            pictures["reconstructions"] = model.decode(codes_NL).cpu().numpy()
    return pictures


def _axis(model: Any, latent: int, statistics: CodeStatistics) -> Axis:
    """The axis of a traversal. If it has too many values for a page, some of them, evenly spaced."""
    axis = axis_of(model, latent, statistics.kl is not None, statistics)
    count = len(axis.values)
    shown = np.linspace(0, count - 1, min(count, _MOST_COLUMNS)).round().astype(int)
    return Axis(axis.values[shown], axis.marks[shown], axis.unit)


def _traversal(model: Any, codes_RL: torch.Tensor, latent: int, values_V: Floats) -> Floats:
    """Decodes rows of codes while one latent takes its values: (R, V, C, H, W)."""
    rows, count = codes_RL.shape
    z_RVL = codes_RL[:, None, :].repeat(1, len(values_V), 1)
    z_RVL[:, :, latent] = torch.from_numpy(values_V).to(z_RVL)
    images = model.decode(z_RVL.reshape(-1, count))
    found: Floats = images.reshape(rows, len(values_V), *images.shape[1:]).cpu().numpy()
    return found


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
        return "fitted in one call"
    if recipe.model.learns == "nothing" or not recipe.training.steps:
        return "untrained"
    return f"{counted(recipe.training.steps, 'step')} of {counted(recipe.training.batch_size, 'image')}"


def _training_seconds(log: list[dict[str, Any]], batch_size: int) -> float:
    steps = [0, *(line["step"] for line in log)]
    lengths = [after - before for before, after in pairwise(steps)]
    return float(sum(n * batch_size / line["images_per_second"] for n, line in zip(lengths, log, strict=True)))
