"""Checkpoints whose sums are right and whose contents are not: refused before a kernel sees a tensor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from bvtk.component import OptimizerSpec, Parameters, optimizers, parse
from bvtk.engine.checkpoint import resume, save_checkpoint
from bvtk.engine.state import TrainingState
from bvtk.engine.verify import state_of
from bvtk.errors import RunError
from tests.engine.test_checkpoint import OPTIMIZERS, advance, experiment, silent, trained

STEP = 3


def change(folder: Path, part: str, edit: Callable[[dict[str, torch.Tensor]], Any], **facts: Any) -> None:
    """Edits the tensors of a checkpoint and its facts, and makes all sums right again."""
    file = folder / f"{part}.safetensors"
    tensors = load_file(file)
    edit(tensors)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, file)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest.pop("manifest_sha256")
    manifest["sha256"] = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.safe*")}
    manifest |= facts
    manifest["manifest_sha256"] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def shaped(name: str, *shape: int) -> Callable[[dict[str, torch.Tensor]], Any]:
    return lambda tensors: tensors.update({name: torch.zeros(shape)})


CASES: dict[str, tuple[str, Callable[[dict[str, torch.Tensor]], Any], dict[str, Any], str]] = {
    "a moment of one number": ("optimizer", shaped("0.exp_avg", 1), {}, r"0\.exp_avg is torch.float32 \(1,\)"),
    "an empty moment": ("optimizer", shaped("0.exp_avg_sq", 0), {}, r"0\.exp_avg_sq is torch.float32 \(0,\)"),
    "a moment of integers": (
        "optimizer",
        lambda tensors: tensors.update({"0.exp_avg": tensors["0.exp_avg"].long()}),
        {},
        "0.exp_avg is torch.int64",
    ),
    "a step count of two": ("optimizer", shaped("0.step", 2), {}, r"0\.step is torch.float32 \(2,\)"),
    "a moment that is missing": ("optimizer", lambda tensors: tensors.pop("0.exp_avg"), {}, "lacks 0.exp_avg"),
    "no state at all": ("optimizer", lambda tensors: tensors.clear(), {}, "no state of the part model"),
    "state of nobody": ("optimizer", shaped("99.exp_avg", 1), {}, "99.exp_avg, which the recipe's has not"),
    "state without a number": ("optimizer", shaped("exp_avg", 1), {}, "exp_avg, which the recipe's has not"),
    "an infinite moment": (
        "optimizer",
        lambda tensors: tensors["0.exp_avg"].fill_(float("inf")),
        {},
        "optimizer 0.exp_avg is not finite",
    ),
    "weights of another shape": (
        "model",
        shaped("encoder.hidden.fc1.weight", 2, 2),
        {},
        r"encoder.hidden.fc1.weight is .*\(2, 2\)",
    ),
    "weights of another type": (
        "model",
        lambda tensors: tensors.update({"encoder.hidden.fc1.weight": tensors["encoder.hidden.fc1.weight"].half()}),
        {},
        "encoder.hidden.fc1.weight is torch.float16",
    ),
    "weights that are missing": (
        "model",
        lambda tensors: tensors.pop("encoder.hidden.fc1.bias"),
        {},
        "lacks encoder.hidden.fc1.bias",
    ),
    "weights too many": ("model", shaped("extra", 1), {}, "has extra"),
    "weights that are not finite": (
        "model",
        lambda tensors: tensors["encoder.hidden.fc1.bias"].fill_(float("nan")),
        {},
        "model encoder.hidden.fc1.bias is not finite",
    ),
    "a sum of many": ("window", shaped("loss", 3), {}, r"window loss is torch.float32 \(3,\)"),
    "a step before the first": ("window", lambda tensors: None, {"step": -5}, "it is of step -5"),
    "a step of another folder": ("window", lambda tensors: None, {"step": 2}, "it is of step 2"),
    "a step that is no whole number": ("window", lambda tensors: None, {"step": 3.0}, "3.0 is not a whole number"),
    "a window before the first": ("window", lambda tensors: None, {"window": -1}, "its sums are of -1 steps"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_refused_by_name(workplace: Path, case: str) -> None:
    part, edit, facts, message = CASES[case]
    save_checkpoint(trained(STEP), workplace, keep=1)
    change(workplace / f"step-{STEP}", part, edit, **facts)
    with pytest.raises(RunError, match=message):
        resume(TrainingState(experiment()), workplace, silent)


@pytest.mark.parametrize("step", [41, 10**12])
def test_a_step_past_the_last_is_refused(workplace: Path, step: int) -> None:
    save_checkpoint(trained(STEP), workplace, keep=1)
    (workplace / f"step-{STEP}").rename(workplace / f"step-{step}")
    change(workplace / f"step-{step}", "window", lambda tensors: None, step=step)
    with pytest.raises(RunError, match=f"it is of step {step}, expected 0 to 40"):
        resume(TrainingState(experiment()), workplace, silent)


def test_the_one_before_is_used_instead(workplace: Path) -> None:
    state = trained(1)
    save_checkpoint(state, workplace, keep=2)
    advance(state, 2)
    save_checkpoint(state, workplace, keep=2)
    change(workplace / "step-3", "optimizer", shaped("0.exp_avg", 1))
    warnings: list[str] = []
    found = TrainingState(experiment())
    assert resume(found, workplace, warnings.append)
    assert found.step == 1
    assert "step-3 does not fit the recipe" in warnings[0]


@pytest.mark.parametrize("part", ["model", "objective", "optimizer", "window"])
def test_a_file_too_few_is_refused(workplace: Path, part: str) -> None:
    save_checkpoint(trained(STEP), workplace, keep=1)
    (workplace / "step-3" / f"{part}.safetensors").unlink()
    change(workplace / "step-3", "model" if part != "model" else "window", lambda tensors: None)
    with pytest.raises(RunError, match="it has the files"):
        resume(TrainingState(experiment()), workplace, silent)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_state_of_an_optimiser_is_known_without_training(name: str) -> None:
    expected = {
        "adam": {"step", "exp_avg", "exp_avg_sq"},
        "adamw": {"step", "exp_avg", "exp_avg_sq"},
        "adagrad": {"step", "sum"},
        "rmsprop": {"step", "square_avg"},
        "sgd": set(),
    }
    assert set(state_of(parse(optimizers.get(name), {}), torch.Size([2, 3]))) == expected[name]


def test_the_state_of_a_plugins_optimiser_may_depend_on_the_shape() -> None:
    class Factored(OptimizerSpec):
        def build(self, parameters: Parameters) -> torch.optim.Optimizer:
            return torch.optim.Adafactor(parameters)

    shapes = {name: tuple(value.shape) for name, value in state_of(Factored(), torch.Size([4, 5])).items()}
    assert shapes == {"step": (), "row_var": (4, 1), "col_var": (1, 5)}
    assert set(state_of(Factored(), torch.Size([4]))) == {"step", "variance"}


def _damage(folder: Path, random: np.random.Generator) -> None:
    """One random change that a hostile writer could make, with right sums."""
    part = str(random.choice(["model", "objective", "optimizer", "window"]))

    def edit(tensors: dict[str, torch.Tensor]) -> None:
        if not tensors:
            tensors["new"] = torch.zeros(1)
            return
        name = str(random.choice(sorted(tensors)))
        kind = random.integers(6)
        if kind == 0:
            tensors[name] = torch.zeros(tuple(random.integers(0, 4, size=random.integers(0, 4))))
        elif kind == 1:
            tensors[name] = tensors[name].to([torch.float16, torch.float64, torch.int8, torch.bool][random.integers(4)])
        elif kind == 2:
            del tensors[name]
        elif kind == 3:
            tensors[f"{random.integers(40)}.{random.choice(['exp_avg', 'step', 'sum'])}"] = tensors.pop(name)
        elif kind == 4:
            tensors[name] = torch.full_like(tensors[name].double(), [np.nan, np.inf, 1e38][random.integers(3)])
        else:
            other = str(random.choice(sorted(tensors)))
            tensors[name], tensors[other] = tensors[other], tensors[name].clone()

    facts = {"step": [STEP, -1, 0, 10**30, True, "3", None][random.integers(7)]} if random.random() < 0.2 else {}
    change(folder, part, edit, **facts)


def _survives(workplace: Path, cases: int) -> None:
    random = np.random.default_rng(0)
    save_checkpoint(trained(STEP), workplace, keep=1)
    folder = workplace / f"step-{STEP}"
    whole = {path: path.read_bytes() for path in folder.iterdir()}
    refused = 0
    for _ in range(cases):
        for path, data in whole.items():
            path.write_bytes(data)
        _damage(folder, random)
        state = TrainingState(experiment())
        try:
            resume(state, workplace, silent)
            advance(state, 1)
        except RunError:
            refused += 1
    assert refused > cases / 2


def test_damaged_checkpoints_with_right_sums_never_crash(workplace: Path) -> None:
    _survives(workplace, 60)


@pytest.mark.soak
def test_ten_thousand_damaged_checkpoints_never_crash(workplace: Path) -> None:
    _survives(workplace, 10_000)
