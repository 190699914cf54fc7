"""The progress of a run, read from the files that it writes, wherever it runs."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bvtk.metrics.scoring.keys import HELD_OUT_KEYS
from bvtk.reading import open_file
from bvtk.recipe import Recipe
from bvtk.runs import RunFolder, checkpoints

_TAIL = 65_536


@dataclass(frozen=True)
class Progress:
    """The progress of a run: its last logged line, and the newest score of a metric that was measured during training.

    The speed is in steps per second. What is not known yet is None.
    """

    step: int
    steps: int
    speed: float | None = None
    loss: float | None = None
    metric: str = ""
    score: float | None = None


def progress_of(recipe: Recipe, folder: RunFolder) -> Progress:
    """The progress of a recipe's run."""
    line = last_line(folder.log)
    metric, score = headline(last_line(folder.evaluations).get("scores", {}))
    images = line.get("images_per_second")
    speed = images / recipe.training.batch_size if images else None
    return Progress(line.get("step", 0), recipe.training.steps, speed, line.get("loss"), metric, score)


def headline(scores: Mapping[str, Any]) -> tuple[str, float | None]:
    """The one score to show: the β-VAE score if there is one, else that of the first metric.

    Returns:
        Its key and value; an empty key and None if no metric has a score yet.
    """
    keys = [key for key in scores if key not in HELD_OUT_KEYS]
    key = next((key for key in keys if key.startswith("beta_vae_score")), next(iter(keys), ""))
    return key, scores[key].get("score") if key else None


def saved_step(folder: RunFolder) -> int:
    """The step of the newest checkpoint; -1 without one."""
    return max((step for step, _ in checkpoints(folder.checkpoints)), default=-1)


def last_line(path: Path) -> dict[str, Any]:
    """The last whole object of a JSON Lines file, empty if there is none yet."""
    try:
        whole = _end_of(path).rpartition(b"\n")[0]
        return dict(json.loads(whole.rpartition(b"\n")[2] or b"{}"))
    except (OSError, ValueError):
        return {}


def last_words(path: Path, lines: int = 5) -> list[str]:
    """The last lines of a log that are not empty."""
    try:
        text = _end_of(path).decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]


def _end_of(path: Path) -> bytes:
    with open_file(path) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        return file.read()


class Pace:
    """Estimates the time that is left from the work done since the first progress.

    Cells that are already trained and are only scored make no progress, so that time before the first step is not
    counted. The unit of the total work is any.
    """

    def __init__(self, total: float) -> None:
        self._total = total
        self._first: tuple[float, float] | None = None

    def left(self, done: float) -> float | None:
        """Seconds until all is done, from what is done by now; None before anything was done."""
        now = time.monotonic()
        if self._first is None or done <= self._first[0]:
            self._first = done, now
        first, since = self._first
        return (now - since) * (self._total - done) / (done - first) if done > first else None
