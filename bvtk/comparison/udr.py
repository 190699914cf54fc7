"""UDR of the models of each setting, which differ only in their seed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bvtk.build import build_dataset
from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import Row, rows_of
from bvtk.comparison.contents.sources import gather
from bvtk.engine.devices import choose_device
from bvtk.errors import UsageError
from bvtk.evaluate.representation import Encoder
from bvtk.events import Listener, Progressed, StageStarted, warn
from bvtk.export import Export, read_export
from bvtk.metrics.estimators.latents import kl_per_latent
from bvtk.metrics.estimators.sampling import draw_rows
from bvtk.metrics.udr import udr as rank
from bvtk.metrics.udr_spec import How, Measure
from bvtk.plugins import discover
from bvtk.protocols import Dataset


def udr(
    targets: str | Path | Sequence[str | Path],
    *,
    measure: Measure = How.measure,
    images: int = How.images,
    seed: int = How.seed,
    device: str = How.device,
    out: str | Path = "runs",
) -> dict[str, Any]:
    """Unsupervised disentanglement ranking of the models of each setting; the same dict as `bvtk udr --json`.

    Duan et al. 2020, "Unsupervised Model Selection for Variational Disentangled Representation Learning".

    Args:
        targets: run folders, folders of run folders, folders of sweeps, recipes with a sweep, exported models.
        measure: `lasso` or `spearman`.
        images: the most images of the data set whose codes are compared, which the seed draws.
        device: where to encode them: `cpu`, `cuda`, `mps` or `auto`.
        out: the folder with the runs of recipes.

    Raises:
        UsageError: if a target has no runs, or no two of them differ only in their seed.
        RecipeError: with every error of a recipe.
        RunError: if the files of a run are damaged.
    """
    discover(Path())
    given = [targets] if isinstance(targets, str | Path) else targets
    return ranked(given, How(measure, images, seed, device), Path(out), warn)


def ranked(targets: Sequence[str | Path], how: How, out: Path, listener: Listener) -> dict[str, Any]:
    """The same as `udr`, for a caller that has loaded the plugins and listens to its events."""
    device = choose_device(how.device)
    found = gather(targets, out)
    here = [run for run in found.runs if run.export]
    absent = [f"{run.run} has no model.safetensors on this machine" for run in found.runs if not run.export]
    rows = rows_of(here) if here else []
    alone = [f"{row.runs[0].run} is the only model of its setting" for row in rows if len(row.runs) < 2]
    settings = [row for row in rows if len(row.runs) > 1]
    if not settings:
        hint = "; ".join([*absent, *alone][:3])
        raise UsageError("UDR needs two models that differ only in their seed, found none", hint)
    return {
        "measure": how.measure,
        "seed": how.seed,
        "settings": [_setting(row, how, device, listener) for row in settings],
        "left_out": [*found.left_out, *absent, *alone],
    }


def _setting(row: Row, how: How, device: torch.device, listener: Listener) -> dict[str, Any]:
    """The median score, and the scores of each model and of each pair; null for a model with itself."""
    listener(StageStarted("encode", f"{len(row.runs)} models of {row.name}"))
    dataset = build_dataset(_export(row.runs[0]).recipe)
    index = np.sort(draw_rows(len(dataset), how.images, how.seed))
    codes, kl = [], []
    for number, run in enumerate(row.runs, start=1):
        found = _encoder(run, dataset, device).represent(index)
        codes.append(found.codes)
        kl.append(None if found.logvar is None else kl_per_latent(found.codes, found.logvar))
        listener(Progressed(number * len(index), len(row.runs) * len(index)))
    ranking = rank(codes, kl, measure=how.measure)
    pairs = [[None if i == j else float(pair) for j, pair in enumerate(line)] for i, line in enumerate(ranking.pairs)]
    scores = [
        {"run": run.run, "seed": run.recipe.get("seed"), "score": float(score), "active_codes": active}
        for run, score, active in zip(row.runs, ranking.scores, ranking.active_codes, strict=True)
    ]
    median = float(np.median(ranking.scores))
    return {"label": row.label, "images": len(index), "score": median, "runs": scores, "pairs": pairs}


def _export(run: Measured) -> Export:
    assert run.export is not None  # noqa: S101
    return read_export(run.export)


def _encoder(run: Measured, dataset: Dataset, device: torch.device) -> Encoder:
    export = _export(run)
    if dataset.image_shape != export.image:
        raise UsageError(
            f"{run.run} was trained on images of {export.image}, and its data set now has {dataset.image_shape}",
            "restore the data that it was trained on, or leave the run out",
        )
    model = export.model.to(device, memory_format=torch.channels_last)
    return Encoder(export.recipe, model, dataset, device)
