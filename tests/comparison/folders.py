"""Run folders with real files, written by bvtk's own functions, and no training."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bvtk.plugins import discover
from bvtk.recipe import dump_yaml, load_recipe, recipe_hash
from bvtk.runs import RunFolder, append_line, write_json

RECIPE = """\
name: toy
dataset: dsprites
model:
  type: vae
  latents: 10
  encoder: {type: mlp, hidden: [8]}
  decoder: mlp
objective: {type: beta_vae, beta: 4}
training: {steps: 5}
metrics: [mig]
"""


def scores(mig: float, paper: Sequence[float] = (), **held_out: float) -> dict[str, Any]:
    """What a run is scored: MIG, the accuracies of three classifiers, and figures on held-out images."""
    found: dict[str, Any] = {"held_out": {"score": -9.0, **held_out}} if held_out else {}
    if paper:
        found["beta_vae_score"] = {"score": sum(paper) / len(paper), "chance": 0.25, "scores": list(paper)}
    return found | {"mig": {"score": mig, "gaps": {"x": mig, "y": mig / 2}}}


def write_run(
    parent: Path,
    overrides: Sequence[str],
    scores: Mapping[str, Any] | None,
    curve: Sequence[tuple[int, float]] = (),
) -> Path:
    """A run folder `parent/<name>-<hash>`, unfinished where there are no scores."""
    discover(None)
    source = parent / "recipe.yaml.txt"
    parent.mkdir(parents=True, exist_ok=True)
    source.write_text(RECIPE)
    recipe = load_recipe(source, overrides).recipe
    source.unlink()
    folder = RunFolder(parent / f"{recipe.name}-{recipe_hash(recipe)}")
    folder.create()
    folder.recipe.write_text(dump_yaml(recipe), encoding="utf-8")
    if recipe.objective:
        beta = json.loads(recipe.objective.model_dump_json())["beta"].get("value")
        append_line(folder.log, {"step": 5, "loss": 1.0, "beta": beta, "beta_norm": (beta or 0) * 10 / 4096})
    for step, value in curve:
        append_line(folder.evaluations, {"step": step, "scores": {"mig": {"score": value}}})
    if scores is not None:
        write_json(folder.scores, scores)
    return folder.path


def three_systems(parent: Path) -> Path:
    """β = 4 with three seeds, β = 1 with two, and a system without reconstruction."""
    for seed, mig in enumerate((0.1, 0.2, 0.3)):
        found = scores(mig, (0.9, 0.92, 0.94 + seed / 100), reconstruction=30.0 + seed, kl=20.0)
        write_run(parent, [f"seed={seed}"], found, [(10, mig / 2), (20, mig)])
    for seed, mig in enumerate((0.05, 0.07)):
        found = scores(mig, (0.6, 0.7, 0.8), reconstruction=20.0 + seed, kl=30.0)
        write_run(parent, [f"seed={seed}", "objective.beta=1"], found, [(10, mig), (20, mig / 2)])
    write_run(parent, ["name=other", "objective.beta=2"], scores(0.01))
    return parent
