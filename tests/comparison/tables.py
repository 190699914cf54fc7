"""Made-up comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from bvtk.comparison.comparison import Comparison
from bvtk.comparison.contents.columns import columns_of
from bvtk.comparison.contents.keys import Measured
from bvtk.comparison.contents.rows import rows_of


def measured(name: str = "toy", seed: int = 0, **settings: Any) -> Measured:
    """A run with MIG and figures on held-out images; `latents` and `beta` go where recipes have them."""
    beta, latents = settings.pop("beta", 4.0), settings.pop("latents", 10)
    weight = {"type": "constant", "value": beta}
    recipe = {"name": name, "seed": seed, "model": {"latents": latents}, "objective": {"beta": weight}, **settings}
    mig = 0.01 * latents + seed / 100
    scores = {
        "held_out": {"score": -50.0, "reconstruction": 30.0 + beta, "kl": 20 - beta, "kl_per_latent": [1.0, 9.0, 5.0]},
        "mig": {"score": mig},
        "beta_vae_score": {"score": 0.9, "chance": 0.25, "scores": [0.9]},
    }
    curve = ((10, mig / 2), (20, mig))
    return Measured(f"{name}-{seed}", recipe, scores, {"beta_norm": beta * latents / 4096}, {"mig": curve})


def table_of(runs: Sequence[Measured], columns: Sequence[str] = (), **options: Any) -> Comparison:
    """A comparison of runs."""
    return Comparison(tuple(rows_of(runs)), tuple(columns_of(columns, runs)), **options)


def over(**values: Sequence[Any]) -> list[Measured]:
    """Runs of every combination of values, with two seeds each."""
    return [
        measured(seed=seed, **dict(zip(values, combination, strict=True)))
        for combination in product(*values.values())
        for seed in (0, 1)
    ]
