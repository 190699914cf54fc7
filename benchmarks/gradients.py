"""Cost of the check in every step that the gradients are finite, relative to the step.

    python benchmarks/gradients.py

Measures the networks of Burgess et al. with a batch size of 64 in float32, and prints medians.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from bvtk.build import build, build_dataset
from bvtk.engine.step import Stepper
from bvtk.plugins import discover
from bvtk.protocols import Batch
from bvtk.recipe import load_recipe


def seconds(work: Callable[[], object]) -> float:
    """Time of a call."""
    since = time.perf_counter()
    work()
    return time.perf_counter() - since


def main() -> None:
    """Print both times and their ratio."""
    discover()
    recipe = load_recipe(Path("recipes/paper/beta_vae.yaml"), []).recipe
    dataset = build_dataset(recipe)
    experiment = build(recipe, dataset, len(dataset), torch.device("cpu"))
    stepper = Stepper(experiment, torch.device("cpu"), "fp32")
    index = np.random.default_rng(0).choice(len(dataset), 64)
    steps = [seconds(lambda number=number: stepper.run(Batch({"x": index}), number)) for number in range(60)]
    gradients = [weights.grad for weights in experiment.model.parameters() if weights.grad is not None]
    checks = [seconds(lambda: bool(torch.isfinite(torch.nn.utils.get_total_norm(gradients)))) for _ in range(400)]
    step, check = statistics.median(steps), statistics.median(checks)
    print(f"step {1e3 * step:.1f} ms, check {1e3 * check:.3f} ms: {check / step:.2%}")


if __name__ == "__main__":
    main()
