"""What the runs of these tests start from, and what they are compared by."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image

from bvtk.engine.checkpoint import checkpoints, read_checkpoint
from bvtk.errors import RunError
from tests.conftest import squares

_MODEL = """\
model:
  type: vae
  latents: 3
  encoder: {type: mlp, hidden: [24]}
  decoder: {type: mlp, hidden: [24]}
objective: {type: beta_vae, beta: {type: linear, start: 0, end: 1, steps: 4}}
training: {steps: 6, batch_size: 16, precision: fp32, log_every: 1, checkpoint_every: 2, evaluate_every: 3}
"""
EVERY = 2
"""Steps between checkpoints."""
STEPS = 6
KINDS = ("create", "write", "truncate", "fsync", "rename", "unlink", "mkdir")
"""Of operations on files."""
RECIPES = {
    "squares": f"name: squares\ndataset: {{type: arrays, path: data.npz}}\nmetrics: [mig]\n{_MODEL}",
    "pictures": f"name: pictures\ndataset: {{type: images, path: pictures}}\n{_MODEL}",
}
"""Recipes by name: arrays with factors, and pictures that are prepared in the cache folder first."""


def lay_out(folder: Path) -> Path:
    """Writes the recipes and their data, and gives the folder back."""
    images, factors = squares()
    np.savez(folder / "data.npz", images=images, factors=factors, factor_names=["size", "x", "y"])
    (folder / "pictures").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image[0] * np.uint8(255)).save(folder / "pictures" / f"{number:03}.png")
    for name, text in RECIPES.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def run_of(out: Path) -> Path:
    """The one run folder in a parent."""
    (folder,) = out.iterdir()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder but locks, without what the clock said, and of checkpoints the newest alone.

    Which older ones lie there depends on where a run was stopped.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(".lock")]
    old = [path for parent in folder.glob("runs/*/checkpoints") for _, path in checkpoints(parent)[1:]]
    found = {str(path.relative_to(folder)): path.read_bytes() for path in files if path.parent not in old}
    return {
        name: b"\n".join(map(_timeless, data.splitlines())) if _tells_time(name) else data
        for name, data in found.items()
    }


def _tells_time(name: str) -> bool:
    return name.endswith(("metrics.jsonl", "report.html")) or name.startswith("cache/")


def _timeless(line: bytes) -> bytes:
    return b"" if b"mtime_ns" in line else re.sub(rb"\"images_per_second\": [0-9.]+|time\.train.*?</td>", b"", line)


def newest_whole(out: Path) -> int:
    """The step of the newest checkpoint that is whole, 0 where there is none."""
    for folder in out.glob("*/checkpoints"):
        for step, path in checkpoints(folder):
            try:
                read_checkpoint(path)
            except RunError:
                continue
            return step
    return 0


def logged_steps(out: Path) -> int:
    """How many steps the log holds; each is logged."""
    return sum(path.read_bytes().count(b"\n") for path in out.glob("*/metrics.jsonl"))


def saved_by(trace: list[list[str]], at: int) -> int:
    """The step of the last checkpoint whose save was through before an operation.

    It is through when the folder of checkpoints is synchronised after the rename, or the program turns to other work.
    """
    step = saved = 0
    for what, path in trace[:at]:
        if what == "rename" and "/step-" in path and Path(path).parent.name == "checkpoints":
            step = int(path.rsplit("-", 1)[1])
        elif what != "fsync" or Path(path).name == "checkpoints":
            saved = step
    return saved
