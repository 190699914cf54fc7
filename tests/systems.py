"""One tiny recipe for every kind of system, on squares of 16 × 16 pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.conftest import squares

_TRAINED = "training: {steps: 6, batch_size: 16, precision: fp32, log_every: 2, evaluate_every: 3, held_out: 0.2}"
_DENSE = "encoder: {type: mlp, hidden: [24]}, decoder: {type: mlp, hidden: [24]}"
SYSTEMS = {
    "vae": f"model: {{type: vae, latents: 3, {_DENSE}}}\nobjective: beta_vae\n{_TRAINED}",
    "dc_ign": f"model: {{type: dc_ign, latents: 3, factors: [x, y], {_DENSE}}}\nobjective: beta_vae\n{_TRAINED}",
    "infogan": f"model: {{type: infogan, latents: 2, noise: 2}}\nobjective: infogan\n{_TRAINED}",
    "pca": "model: {type: pca, latents: 3}\ntraining: {steps: 0, held_out: 0.2}",
    "pixels": "model: pixels",
    "ground_truth": "model: ground_truth",
}
"""The body of a recipe, by system."""


QUANTISED = f"model: quantised\nobjective: commitment\n{_TRAINED}"
"""The same of the model in `tests/report/quantised.py`, a plugin."""


def recipe_of(system: str, folder: Path = Path(), metrics: str = "[mig]") -> Path:
    """Writes the recipe of a system and its data set, and gives its path."""
    images, factors = squares()
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    np.savez(folder / "padded.npz", images=padded, factors=factors, factor_names=["size", "x", "y"])
    path = folder / f"{system}.yaml"
    head = f"name: {system}\ndataset: {{type: arrays, path: padded.npz}}\nmetrics: {metrics}\n"
    path.write_text(head + (SYSTEMS | {"quantised": QUANTISED})[system] + "\n", encoding="utf-8")
    return path
