"""All objectives of a VAE in training: resumed bit for bit, and in float32 at any precision."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from bvtk.api import run_folder
from bvtk.build import build, build_dataset
from bvtk.component import objectives
from bvtk.engine.checkpoint import checkpoints, read_checkpoint, resume, save_checkpoint
from bvtk.engine.state import TrainingState
from bvtk.engine.step import Stepper
from bvtk.errors import Interrupted
from bvtk.events import Event, Logged
from bvtk.pipeline import Pipeline, prepare_folder
from bvtk.plugins import discover
from bvtk.protocols import Batch
from bvtk.recipe import load_recipe
from bvtk.registry import BUILT_IN
from bvtk.runs import RunFolder
from bvtk.stopping import Stop

discover(installed=False)
CPU = torch.device("cpu")
OBJECTIVES = {
    "beta_vae": "{type: beta_vae, beta: {type: cyclical, end: 4, cycles: 3}}",
    "annealed_vae": "{type: annealed_vae, gamma: 10, capacity: {type: linear, end: 5}}",
    "factor_vae": "{type: factor_vae, gamma: {type: linear, end: 5}, hidden: [16, 16]}",
    "beta_tcvae": "{type: beta_tcvae, estimator: stratified}",
    "dip_vae_i": "dip_vae_i",
    "dip_vae_ii": "dip_vae_ii",
    "control_vae": "{type: control_vae, target: {type: staircase, end: 4, rise: 0.5, every: 3}}",
}


def test_every_objective_of_a_vae_is_tested() -> None:
    built_in = [entry for entry in objectives.entries() if entry.origin == BUILT_IN]
    assert set(OBJECTIVES) == {entry.name for entry in built_in if "adversaries" not in entry.item.needs}


def fresh(name: str) -> TrainingState:
    recipe = load_recipe(Path("tiny.yaml"), [f"objective={OBJECTIVES[name]}"]).recipe
    dataset = build_dataset(recipe)
    return TrainingState(build(recipe, dataset, len(dataset), CPU))


def train(state: TrainingState, steps: int, precision: str = "fp32") -> TrainingState:
    stepper = Stepper(state.experiment, CPU, precision)
    for _ in range(steps):
        terms, _ = stepper.run(Batch({"x": (np.arange(16) + 5 * state.step) % 75}), state.step)
        state.window.add(terms)
        state.step += 1
    return state


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_resumed_training_continues_bit_for_bit(name: str, workplace: Path) -> None:
    straight = train(fresh(name), 9).tensors()
    save_checkpoint(train(fresh(name), 5), workplace, keep=1)
    resumed = fresh(name)
    assert resume(resumed, workplace, pytest.fail)
    assert same(train(resumed, 4).tensors(), straight)


def same(found: dict[str, dict[str, torch.Tensor]], wanted: dict[str, dict[str, torch.Tensor]]) -> bool:
    for part, tensors in wanted.items():
        assert found[part].keys() == tensors.keys()
        differing = [name for name, value in tensors.items() if not torch.equal(found[part][name], value)]
        assert differing == []
    return True


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_are_float32_and_finite_in_bf16_training(name: str, workplace: Path) -> None:
    state = train(fresh(name), 20, "bf16")
    terms, _ = Stepper(state.experiment, CPU, "bf16").run(Batch({"x": np.arange(16)}), 20)
    assert {term.dtype for term in terms.values() if isinstance(term, torch.Tensor)} == {torch.float32}
    assert all(torch.as_tensor(term).isfinite() for term in terms.values())
    kept = [tensor for tensors in state.tensors().values() for tensor in tensors.values()]
    assert all(tensor.isfinite().all() for tensor in kept)


class StopsAt:
    """Requests a stop at a logged step."""

    def __init__(self, stop: Stop, step: int | None) -> None:
        self._stop, self._step = stop, step

    def __call__(self, event: Event) -> None:
        if isinstance(event, Logged) and event.line["step"] == self._step:
            self._stop.requested = signal.SIGTERM


def run(name: str, out: str, stop_at: int | None = None) -> RunFolder:
    loaded = load_recipe(Path("tiny.yaml"), [f"objective={OBJECTIVES[name]}"])
    folder = run_folder(loaded.recipe, Path(out))
    folder.create()
    prepare_folder(folder, loaded.recipe, loaded.text)
    stop = Stop()
    Pipeline(loaded.recipe, folder, "cpu", stop, StopsAt(stop, stop_at)).train()
    return folder


@pytest.mark.parametrize("name", ["factor_vae", "control_vae"])
def test_an_interrupted_run_ends_like_an_uninterrupted_one(name: str, workplace: Path) -> None:
    straight = run(name, "straight")
    with pytest.raises(Interrupted):
        run(name, "halted", stop_at=20)
    halted = run(name, "halted")
    found, wanted = (read_checkpoint(checkpoints(folder.checkpoints)[0][1])[0] for folder in (halted, straight))
    assert same(found, wanted)
    kept = {"factor_vae": "discriminator.0.weight", "control_vae": "integral"}[name]
    assert wanted["objective"][kept].abs().sum() > 0
    speed = "images_per_second"
    logs = [[{**line, speed: 0} for line in folder.read_log()] for folder in (halted, straight)]
    assert logs[0] == logs[1]


def test_checkpoints_contain_the_discriminators_optimiser(workplace: Path) -> None:
    state = train(fresh("factor_vae"), 1)
    parameters = sum(len(part.parameters) for part in state.experiment.parts)
    assert sum(name.endswith(".exp_avg") for name in state.tensors()["optimizer"]) == parameters
