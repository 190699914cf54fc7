"""Training speed: `bvtk train` against a bare loop with the same settings.

    python benchmarks/train.py                       # burgess networks, batch 64, precision auto
    python benchmarks/train.py --network higgins_fc --batch 256 --precision fp32

The bare loop has everything that makes a loop fast (allocator, channels_last, fused Adam, autocast) and nothing else:
no schedules, logs, checks or checkpoints. Each loop runs in a process of its own. The two alternate several times, and
the result is the median of the ratios of the pairs, because single values vary by 7 % and more. The target is 0.95.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WARM_UP = 50
RECIPE = """\
name: bench
dataset: dsprites
model: {{type: vae, latents: 10, encoder: {network}, decoder: {network}}}
objective: {{type: beta_vae, beta: 4}}
training:
  steps: {steps}
  batch_size: {batch}
  precision: {precision}
  optimizer: {{type: adam, lr: 5e-4}}
"""


def bare(recipe_text: str) -> float:
    """Images per second of a loop that only trains."""
    from bvtk.engine.process import prepare_process

    prepare_process()
    import numpy as np
    import torch

    from bvtk.build import build, build_dataset
    from bvtk.engine.devices import autocast, choose_precision

    recipe = _recipe(recipe_text)
    device = torch.device("cpu")
    dataset = build_dataset(recipe)
    experiment = build(recipe, dataset, len(dataset), device)
    precision = choose_precision(recipe.training.precision, device)
    model = experiment.model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, fused=True)
    generator = np.random.default_rng(0)
    batch, steps = recipe.training.batch_size, recipe.training.steps
    since = time.perf_counter()
    for step in range(steps):
        if step == WARM_UP:
            since = time.perf_counter()
        index = generator.integers(0, len(dataset), batch)
        images = torch.from_numpy(dataset.images(index)).to(torch.float32, memory_format=torch.channels_last)
        with autocast(device, precision):
            outputs = model(images)
        loss = (outputs.reconstruction + 4 * outputs.kl.sum(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (steps - WARM_UP) * batch / (time.perf_counter() - since)


def whole(recipe_text: str) -> float:
    """Images per second of `bvtk train`, including logs, checks and checkpoints."""
    from bvtk.engine.process import prepare_process

    prepare_process()
    import torch

    from bvtk.engine.loop import Training, train
    from bvtk.events import Event, Logged
    from bvtk.runs import RunFolder
    from bvtk.stopping import Stop

    class Clock:
        since = 0.0

        def __call__(self, event: Event) -> None:
            if isinstance(event, Logged) and event.line["step"] == WARM_UP:
                self.since = time.perf_counter()

    recipe, clock = _recipe(recipe_text), Clock()
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder(Path(folder))
        run.create()
        train(recipe, Training(run, torch.device("cpu"), Stop(), clock, lambda _: {}))
        spent = time.perf_counter() - clock.since
    return (recipe.training.steps - WARM_UP) * recipe.training.batch_size / spent


def _recipe(text: str):
    from bvtk.plugins import discover
    from bvtk.recipe import load_recipe

    discover(installed=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "bench.yaml")
        path.write_text(text)
        return load_recipe(path).recipe


def main() -> None:
    """Run both in turn and print their speeds and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="burgess")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--child", choices=["bare", "whole"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    text = RECIPE.format(**vars(given))
    if given.child:
        print(json.dumps({"bare": bare, "whole": whole}[given.child](text)))
        return
    speeds: dict[str, list[float]] = {"bare": [], "whole": []}
    for _ in range(given.rounds):
        for child, found in speeds.items():
            command = [sys.executable, __file__, *sys.argv[1:], "--child", child]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout))
    print(f"{given.network}, batch {given.batch}, precision {given.precision}: images/s, median (minimum to maximum)")
    for child, name in (("bare", "bare loop"), ("whole", "bvtk train")):
        found = speeds[child]
        print(f"  {name:<11} {statistics.median(found):7.0f}  ({min(found):.0f} to {max(found):.0f})")
    ratios = [b / a for a, b in zip(speeds["bare"], speeds["whole"], strict=True)]
    print(f"  ratio       {statistics.median(ratios):7.3f}  ({min(ratios):.3f} to {max(ratios):.3f})")


if __name__ == "__main__":
    main()
