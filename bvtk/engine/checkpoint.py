"""Checkpoints: folders written whole or not at all, checked by their sums when they are read.

Their tensors are also checked against the experiment that they are read into, before any kernel sees them. Fused
optimisers trust the shapes of their state: a moment that is too small makes them write past its end.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch import nn

from bvtk.component import OptimizerSpec
from bvtk.engine.state import Tensors, TrainingState
from bvtk.errors import BvtkError, RunError
from bvtk.files import atomic_folder, remove_all_leftovers
from bvtk.reading import read_file
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
            data = read_file(path / name)
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
    remove_all_leftovers(folder, "step-*")
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


PARTS = ("model", "objective", "optimizer", "window")
"""The files of a checkpoint, without their ending."""


def verify(state: TrainingState, tensors: Mapping[str, Tensors], facts: Mapping[str, Any]) -> None:
    """Checks names, shapes, types and numbers of a checkpoint for a freshly built state.

    Raises:
        RunError: naming the first thing that does not fit.
    """
    if sorted(tensors) != sorted(PARTS):
        raise _misfit(f"it has the files {', '.join(sorted(tensors))}, expected {', '.join(PARTS)}")
    if facts["recipe_sha256"] not in (None, state.facts()["recipe_sha256"]):
        raise _misfit("it was trained with another recipe")
    steps = state.experiment.recipe.training.steps
    if not 0 <= facts["step"] <= steps:
        raise _misfit(f"it is of step {facts['step']}, expected 0 to {steps}")
    if facts["window"] < 0:
        raise _misfit(f"its sums are of {facts['window']} steps")
    for part, tensor_of in tensors.items():
        for name, tensor in tensor_of.items():
            if not torch.isfinite(tensor).all():
                raise _misfit(f"{part} {name} is not finite")
    for part, own in state.weights().items():
        # What a fit learns may decide shapes, which the model checks itself when it is loaded.
        shaped = part == "objective" or state.experiment.recipe.model.learns == "steps"
        _same(part, own, tensors[part], shaped)
    for name, tensor in tensors["window"].items():
        if tensor.shape != () or tensor.dtype not in (torch.float32, torch.float64):
            raise _misfit(f"window {name} is {_described(tensor)}, expected one float")
    if facts["step"] < steps:  # else no optimiser reads its state
        _check_optimizers(state, tensors["optimizer"], facts["step"])


def _same(part: str, expected: Tensors, found: Tensors, shaped: bool) -> None:
    if missing := sorted(expected.keys() - found.keys()):
        raise _misfit(f"{part} lacks {missing[0]}")
    if unknown := sorted(found.keys() - expected.keys()):
        raise _misfit(f"{part} has {unknown[0]}, which the recipe's has not")
    for name, tensor in expected.items():
        _check(f"{part} {name}", found[name], tensor.shape if shaped else found[name].shape, tensor.dtype)


def _check_optimizers(state: TrainingState, found: Tensors, step: int) -> None:
    """Every parameter has all state of its optimiser or none, as one without gradients; some parameter has it."""
    specs = {"model": state.experiment.recipe.training.optimizer}
    if state.experiment.recipe.objective is not None:
        specs |= state.experiment.recipe.objective.optimizers()
    left = set(found)
    for first, part in state.numbered_parts():
        states = {shape: state_of(specs[part.name], shape) for shape in {other.shape for other in part.parameters}}
        having = 0
        for number, parameter in enumerate(part.parameters, start=first):
            wanted = states[parameter.shape]
            names = {name for name in wanted if f"{number}.{name}" in found}
            if names and names != set(wanted):
                raise _misfit(f"optimizer lacks {number}.{min(set(wanted) - names)}")
            having += bool(names)
            for name in names:
                _check(f"optimizer {number}.{name}", found[f"{number}.{name}"], wanted[name].shape, wanted[name].dtype)
                left.discard(f"{number}.{name}")
        if any(states.values()) and step and not having:
            raise _misfit(f"optimizer has no state of the part {part.name}")
    if left:
        raise _misfit(f"optimizer has {min(left)}, which the recipe's has not")


def state_of(spec: OptimizerSpec, shape: torch.Size) -> Tensors:
    """The state that an optimiser keeps of a parameter of a shape, by name: found by one step of it."""
    parameter = nn.Parameter(torch.zeros(shape))
    parameter.grad = torch.zeros(shape)
    optimizer = spec.over([parameter])
    optimizer.step()
    kept = optimizer.state_dict()["state"].get(0, {})
    return {name: value for name, value in kept.items() if isinstance(value, torch.Tensor)}


def _check(what: str, found: torch.Tensor, shape: torch.Size | tuple[int, ...], dtype: torch.dtype) -> None:
    if tuple(found.shape) != tuple(shape) or found.dtype != dtype:
        raise _misfit(f"{what} is {_described(found)}, expected {dtype} {tuple(shape)}")


def _described(tensor: torch.Tensor) -> str:
    return f"{tensor.dtype} {tuple(tensor.shape)}"


def _misfit(message: str) -> RunError:
    return RunError(f"does not fit the recipe: {message}")
