"""The results of every recipe as checksums, to show that a change of the code changes none of them.

    python benchmarks/results.py --json before.json
    python benchmarks/results.py --against before.json

Every recipe is trained for 20 steps in float32 on one thread of the CPU, on part of its data set or on made-up
pictures, with few points per metric. The table shows the sha256 of the weights, of the codes of some images, of the
scores, and of the logged lines without their times. `--against` names what differs, and exits with 1 if anything does.
Compare results of the same processor and the same libraries only.

Only the command line, the files of a run, `bvtk.load` and `bvtk.load_dataset` are used, so older code can be measured
too: run this in a checkout of that code, with the checkout as PYTHONPATH.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib
import io
import json
import multiprocessing
import os
import runpy
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # read when NumPy and torch are imported
os.environ["BVTK_TRUST"] = str(Path.cwd())  # some recipes need plugins of this repository

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

EVERY = {"orientation": 8, "x": 8, "y": 8}  # 1,440 images of dSprites
TRAINING = {"steps": 20, "batch_size": 16, "precision": "fp32", "log_every": 5, "checkpoint_every": 10}
METRICS = {"points": 1000, "train_points": 500, "test_points": 250, "train_votes": 500, "test_votes": 250, "pairs": 20,
           "classifiers": 1, "rounds": 5, "labels": [10, 100]}  # fmt: skip
VARIANTS = (  # cells of sweeps that are like no other recipe, and what the comments of recipes propose
    "paper/ica.yaml dataset.keep.shape.1=heart",
    'paper/continuity.yaml dataset={"type":"subset","dataset":"dsprites","every":{"scale":3}}',
    "paper/fewer_latents.yaml model.latents=3",
    "paper/latents_and_beta.yaml model.latents=50 objective.beta=32",
    "paper/beta_vae.yaml model.encoder=higgins_fc model.decoder=higgins_fc training.optimizer=adagrad",
    "methods/beta_tcvae.yaml objective.estimator=stratified",
    "methods/sigma_vae.yaml model.likelihood.sigma=learned",
)


def run_bvtk(*arguments: str) -> Any:
    """What a command prints with `--json`, run in this process."""
    sys.argv = ["bvtk", *arguments, "--json"]
    with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            runpy.run_module("bvtk", run_name="__main__")
        except SystemExit as status:
            if status.code:
                raise RuntimeError(f"{' '.join(arguments)}\n{errors.getvalue()}") from None
    return json.loads(output.getvalue())


def results(row: str, folder: Path) -> dict[str, Any]:
    """Trains, scores and exports a small form of a recipe, and returns what is compared of it."""
    import bvtk  # not at the top, so that each process imports it with the recipe's plugins

    path, *overrides = row.split()
    recipe = run_bvtk("show", f"recipes/{path}", *overrides)["recipe"]
    data, changes = small(recipe, str(folder / "pictures"))
    overrides += [f"{key}={json.dumps(value)}" for key, value in changes.items()]
    out = folder / row.replace("/", "-")
    run_bvtk("export", f"recipes/{path}", *overrides, "--out", str(out), "--device", "cpu")
    (run,) = out.iterdir()
    loaded, dataset = bvtk.load(run), bvtk.load_dataset(data)
    file, weights = load_file(run / "model.safetensors"), hashlib.sha256()
    for name in sorted(file.keys() & loaded.model.state_dict().keys()):
        weights.update(f"{name} {file[name].dtype} {file[name].shape} ".encode() + file[name].tobytes())
    index = np.linspace(0, len(dataset) - 1, 64).astype(np.int64)
    given = dataset.factors if recipe["model"]["type"] == "ground_truth" else dataset.images
    text = "".join(log.read_text("utf-8") for log in sorted(run.glob("*.jsonl"), reverse=True))
    lines = [json.loads(line) for line in text.splitlines()]
    return {
        "weights": weights.hexdigest(),
        "codes": hashlib.sha256(loaded.encode(given(index)).tobytes()).hexdigest(),
        "scores": json.loads((run / "scores.json").read_text("utf-8")),
        "log": [{key: line[key] for key in line if key != "images_per_second"} for line in lines],
    }


def small(recipe: dict[str, Any], pictures: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A small data set for a recipe, and all overrides that make its run small."""
    data = recipe["dataset"]
    if data["type"] == "images":
        data["path"] = pictures
    elif data["type"] == "subset":
        data["every"] = EVERY | data["every"]
    elif data["type"] == "dsprites":
        data = {"type": "subset", "dataset": data, "every": EVERY}
    changes = {"dataset": data}
    if recipe["training"]["steps"]:
        changes |= {f"training.{key}": value for key, value in TRAINING.items()}
        changes["training.evaluate_every"] = 10 if recipe["training"]["evaluate_every"] else 0
    for number, metric in enumerate(recipe["metrics"]):
        changes |= {f"metrics.{number}.{key}": METRICS[key] for key in metric if key in METRICS}
    return data, changes


def draw_pictures(folder: Path) -> None:
    """Makes 48 pictures, for the recipes that need some."""
    folder.mkdir()
    down, across = np.mgrid[:80, :64][..., None] / 20
    for number in range(48):
        waves = np.sin(down * (1 + number % 7) + np.arange(3) * number) * np.cos(across * (1 + number % 5))
        Image.fromarray(np.round(127 + 127 * waves).astype(np.uint8)).save(folder / f"{number:02}.png")


def checksum(value: Any) -> str:
    """The sha256 of scores or lines, with sorted keys and floats as `repr` writes them; a checksum as it is."""
    return value if isinstance(value, str) else hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def differences(before: Any, now: Any, place: str) -> Iterator[str]:
    """The places where two values differ, with both."""
    if isinstance(before, list) and isinstance(now, list):
        before, now = dict(enumerate(before)), dict(enumerate(now))
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            yield from differences(before.get(key), now.get(key), f"{place}.{key}")
    elif before != now:
        yield f"{place}: {before} before, {now} now"


def main() -> int:
    """Prints the table; returns 1 if a recipe failed or a result differs."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("rows", nargs="*", help="what to run, such as paper/pca.yaml (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results to a file")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with the results in a file")
    arguments = parser.parse_args()
    single = sorted(file for file in Path("recipes").rglob("*.yaml") if "\nsweep:" not in file.read_text("utf-8"))
    rows = arguments.rows or [*(file.relative_to("recipes").as_posix() for file in single), *VARIANTS]
    before = json.loads(arguments.against.read_text("utf-8")) if arguments.against else {}
    found: dict[str, Any] = {}
    wrong = [f"{row}: missing" for row in before if row not in rows and not arguments.rows]
    for module in ("torch._dynamo", "sklearn.decomposition", "sklearn.linear_model", "sklearn.svm"):
        importlib.import_module(module)  # once, before a process is forked per row: most of a row's time otherwise
    processes = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as name, processes.Pool(2, maxtasksperchild=1) as pool:
        draw_pictures(Path(name) / "pictures")
        for row, run in [(row, pool.apply_async(results, (row, Path(name)))) for row in rows]:
            try:
                found[row] = run.get()
            except Exception as error:  # the other rows still run
                wrong.append(f"{row}: failed: {error}")
                continue
            print(row, *(f"{kind:8}{checksum(value)}" for kind, value in found[row].items()), sep="\n    ", flush=True)
            wrong += differences(before[row], found[row], row) if row in before else []
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print("\n".join(wrong) or f"{len(found)} rows" + (", all as before" if before else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
