"""Checkpoints: folders written whole or not at all, checked by their sums when they are read."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load, save

from bvtk.engine.state import Tensors, TrainingState
from bvtk.engine.verify import verify
from bvtk.errors import BvtkError, RunError
from bvtk.files import atomic_folder, remove_all_leftovers
from bvtk.runs import checkpoints, read_json, write_json

_OWN_SUM = "manifest_sha256"


def save_checkpoint(state: TrainingState, folder: Path, keep: int) -> None:
    """Writes `step-<n>/` into an existing folder, and only then removes all but the newest, `keep` in number.

    A checkpoint of a later step was found damaged when training resumed before it. It is removed too, so that it does
    not count as one of the newest.

    Raises:
        RunError: if a number is not finite or the folder can't be written; older checkpoints stay.
    """
    tensors = state.tensors()
    state.check_finite(tensors)
    path = folder / f"step-{state.step}"
    try:
        with atomic_folder(path) as temporary:
            files = {f"{part}.safetensors": save(kept) for part, kept in tensors.items()}
            for name, data in files.items():
                (temporary / name).write_bytes(data)
            sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            manifest = {**state.facts(), "sha256": sums}
            write_json(temporary / "manifest.json", {**manifest, _OWN_SUM: _sum_of(manifest)})
    except OSError as error:
        raise RunError(
            f"can't write the checkpoint {path}: {error.strerror}",
            "Free disk space or fix the permissions. The same command resumes from the checkpoint before.",
        ) from error
    found = checkpoints(folder)
    kept = [path for step, path in found if step <= state.step][:keep]
    for _, old in found:
        if old not in kept:
            shutil.rmtree(old, ignore_errors=True)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensors], dict[str, Any]]:
    """The tensors of a checkpoint by file, and its step and window.

    Raises:
        RunError: naming the file that is missing or damaged.
    """
    manifest = read_json(path / "manifest.json")
    tensors = {}
    try:
        own_sum = manifest.pop(_OWN_SUM, None)  # older checkpoints have none
        if own_sum not in (None, _sum_of(manifest)):
            raise RunError(f"{path / 'manifest.json'} is damaged: its sha256 differs")
        for name, expected in manifest["sha256"].items():
            if Path(name).name != name:
                raise RunError(f"{path / 'manifest.json'} is damaged: {name!r} is not a file of a checkpoint")
            data = (path / name).read_bytes()
            if hashlib.sha256(data).hexdigest() != expected:
                raise RunError(f"{path / name} is damaged: its sha256 differs from the manifest")
            tensors[Path(name).stem] = load(data)
        facts: dict[str, Any] = {name: _whole(manifest[name]) for name in ("step", "window")}
        facts["recipe_sha256"] = manifest.get("recipe_sha256")  # older checkpoints have none
        if path.name != f"step-{facts['step']}":
            raise RunError(f"{path / 'manifest.json'} is damaged: it is of step {facts['step']}")
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"the checkpoint {path} is damaged: {error}") from error
    return tensors, facts


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _sum_of(manifest: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _verified(state: TrainingState, path: Path, tensors: dict[str, Tensors], facts: dict[str, Any]) -> None:
    try:
        verify(state, tensors, facts)
    except RunError as error:
        raise RunError(f"the checkpoint {path} {error.message}") from error


def resume(state: TrainingState, folder: Path, warn: Callable[[str], None]) -> bool:
    """Restores the newest checkpoint that is not damaged, and warns about each damaged one that is skipped.

    Returns:
        Whether there was a checkpoint.

    Raises:
        RunError: if there are checkpoints and all are damaged. Training never restarts silently.
    """
    remove_all_leftovers(folder)
    damaged: list[BvtkError] = []
    for step, path in checkpoints(folder):
        try:
            tensors, facts = read_checkpoint(path)
            _verified(state, path, tensors, facts)
        except RunError as error:
            damaged.append(error)
            continue
        for failure in damaged:
            warn(f"{failure.message}; resuming from step {step}")
        state.restore(tensors, facts)
        return True
    if damaged:
        raise RunError(
            f"no checkpoint in {folder} can be read: {damaged[0].message}",
            f"Delete {folder} to train from the start.",
        )
    return False
