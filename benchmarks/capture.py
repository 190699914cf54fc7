"""Training speed on a GPU: recorded steps, which are replayed as a CUDA graph, against eager steps.

    python benchmarks/capture.py
    python benchmarks/capture.py --precision bf16 recipes/methods/factor_vae.yaml

Both train the same experiment in one process, one after the other, with the data set and batch size of the recipe.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from bvtk.build import build, build_dataset, sampler_of
from bvtk.engine.capture import CapturedStepper
from bvtk.engine.step import Stepper
from bvtk.plugins import discover
from bvtk.recipe import load_recipe

RECIPES = ("beta_vae", "infogan", "dc_ign")
WARM_UP = 40


def milliseconds(path: Path, precision: str, recorded: bool, steps: int) -> float:
    """Time per step, including the batch and the checks."""
    device = torch.device("cuda")
    recipe = load_recipe(path, []).recipe
    dataset = build_dataset(recipe)
    experiment = build(recipe, dataset, len(dataset), device)
    experiment.model.train()
    sampler = sampler_of(recipe).build(dataset, np.arange(len(dataset)), recipe.training.batch_size, recipe.seed)
    stepper = (
        CapturedStepper(experiment, device, precision, print) if recorded else Stepper(experiment, device, precision)
    )
    for step in range(WARM_UP + steps):
        if step == WARM_UP:
            torch.cuda.synchronize()
            since = time.perf_counter()
        stepper.run(sampler(step), step)
    torch.cuda.synchronize()
    return (time.perf_counter() - since) / steps * 1e3


def main() -> None:
    """Print a line for each recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "recipes", nargs="*", type=Path, default=[Path(f"recipes/paper/{name}.yaml") for name in RECIPES]
    )
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    parser.add_argument("--steps", type=int, default=200)
    arguments = parser.parse_args()
    discover()
    print(f"{torch.cuda.get_device_name()}, {arguments.precision}")
    for path in arguments.recipes:
        plain, recorded = (milliseconds(path, arguments.precision, kind, arguments.steps) for kind in (False, True))
        print(f"{path.stem:12} {plain:6.2f} ms eager, {recorded:5.2f} ms recorded, speedup {plain / recorded:.1f}")


if __name__ == "__main__":
    main()
