"""Checks a checkpoint against the experiment that it is read into, before any kernel sees its tensors.

Fused optimisers trust the shapes of their state: a moment that is too small makes them write past its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from bvtk.component import OptimizerSpec
from bvtk.engine.state import Tensors, TrainingState
from bvtk.errors import RunError

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
