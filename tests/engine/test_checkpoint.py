from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from bvtk.build import Experiment, build, build_dataset
from bvtk.engine.checkpoint import checkpoints, read_checkpoint, resume, save_checkpoint
from bvtk.engine.state import TrainingState
from bvtk.engine.step import Stepper
from bvtk.errors import RunError
from bvtk.plugins import discover
from bvtk.protocols import Batch
from bvtk.recipe import load_recipe

OPTIMIZERS = ("adam", "adamw", "adagrad", "rmsprop", "sgd")


def experiment(*overrides: str) -> Experiment:
    discover()
    recipe = load_recipe(Path("tiny.yaml"), overrides).recipe
    dataset = build_dataset(recipe)
    return build(recipe, dataset, len(dataset), torch.device("cpu"))


def trained(steps: int, *overrides: str) -> TrainingState:
    state = TrainingState(experiment(*overrides))
    advance(state, steps)
    return state


def advance(state: TrainingState, steps: int) -> None:
    import numpy as np

    stepper = Stepper(state.experiment, torch.device("cpu"), "fp32")
    for _ in range(steps):
        terms, _ = stepper.run(Batch({"x": np.arange(16) + state.step}), state.step)
        state.window.add(terms)
        state.step += 1


def silent(_: str) -> None:
    raise AssertionError("no warning was expected")


NETWORKS = {
    "dense": (),
    "convolutional": (
        "model.encoder={type: conv, channels: [4, 6]}",
        "model.decoder={type: conv, channels: [6, 4]}",
    ),
}


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(
    "optimizer",
    [*OPTIMIZERS, "{type: sgd, momentum: 0.9}", "{type: rmsprop, momentum: 0.9}", "{type: adamw, decay_biases: false}"],
)
def test_a_resumed_state_goes_on_bit_for_bit(workplace: Path, optimizer: str, network: str) -> None:
    """Convolutions lie in memory channels last, and so must their moments after a resume."""
    overrides = (f"training.optimizer={optimizer}", *NETWORKS[network])
    straight = trained(7, *overrides)
    save_checkpoint(trained(4, *overrides), workplace, keep=2)
    resumed = TrainingState(experiment(*overrides))
    assert resume(resumed, workplace, silent)
    assert resumed.step == 4
    advance(resumed, 3)
    for part, tensors in straight.tensors().items():
        assert all(torch.equal(resumed.tensors()[part][name], value) for name, value in tensors.items())
    assert resumed.facts() == straight.facts()


def test_the_newest_are_kept(workplace: Path) -> None:
    state = trained(0)
    for step in (1, 2, 10):
        state.step = step
        save_checkpoint(state, workplace, keep=2)
    assert [step for step, _ in checkpoints(workplace)] == [10, 2]


@pytest.mark.parametrize("damage", ["flip", "truncate", "remove", "manifest"])
def test_damage_is_found_named_and_stepped_over(workplace: Path, damage: str) -> None:
    for steps in (1, 2):
        save_checkpoint(trained(steps), workplace, keep=2)
    file = workplace / "step-2" / ("manifest.json" if damage == "manifest" else "model.safetensors")
    data = bytearray(file.read_bytes())
    if damage == "remove":
        file.unlink()
    elif damage == "truncate":
        file.write_bytes(data[:-5])
    else:
        data[len(data) // 2] ^= 1
        file.write_bytes(data if damage == "flip" else b"{")
    warnings: list[str] = []
    state = TrainingState(experiment())
    assert resume(state, workplace, warnings.append)
    assert state.step == 1
    assert len(warnings) == 1
    assert "step-2" in warnings[0]


def test_all_damaged_is_an_error_never_a_silent_restart(workplace: Path) -> None:
    save_checkpoint(trained(1), workplace, keep=2)
    (workplace / "step-1" / "optimizer.safetensors").write_bytes(b"")
    with pytest.raises(RunError, match=r"no checkpoint .* can be read"):
        resume(TrainingState(experiment()), workplace, silent)


def test_weights_that_are_not_finite_are_never_written(workplace: Path) -> None:
    state = trained(1)
    with torch.no_grad():
        next(iter(state.experiment.model.parameters()))[0] = float("nan")
    with pytest.raises(RunError, match=r"encoder.*not finite"):
        save_checkpoint(state, workplace, keep=2)
    assert checkpoints(workplace) == []


def test_a_damaged_checkpoint_never_takes_the_place_of_a_whole_one(workplace: Path) -> None:
    """Training that resumed from before it saves at an earlier step, and the newest by number is the damaged one."""
    for steps in (1, 4):
        save_checkpoint(trained(steps), workplace, keep=2)
    (workplace / "step-4" / "model.safetensors").write_bytes(b"")
    state = TrainingState(experiment())
    resume(state, workplace, lambda _: None)
    advance(state, 1)
    save_checkpoint(state, workplace, keep=1)
    assert [step for step, _ in checkpoints(workplace)] == [2]


def test_moments_that_are_not_finite_are_never_written(workplace: Path) -> None:
    """Weights stay finite while Adam's squares overflow, and would never move again."""
    state = trained(1)
    weight = next(iter(state.experiment.model.parameters()))
    state.experiment.parts[0].optimizer.state[weight]["exp_avg_sq"].fill_(float("inf"))
    with pytest.raises(RunError, match=r"optimiser's exp_avg_sq of encoder\..* are not finite after step 1"):
        save_checkpoint(state, workplace, keep=2)


def test_a_folder_that_cant_be_written_names_itself(workplace: Path) -> None:
    with pytest.raises(RunError, match="can't write the checkpoint"):
        save_checkpoint(trained(0), workplace / "missing", keep=2)


def test_leftovers_of_a_killed_save_are_cleared(workplace: Path) -> None:
    save_checkpoint(trained(1), workplace, keep=2)
    left = workplace / ".step-9.123-0123abcd.tmp"
    left.mkdir()
    assert resume(TrainingState(experiment()), workplace, silent)
    assert not left.exists()


def test_a_checkpoint_of_another_recipe_is_refused(workplace: Path) -> None:
    save_checkpoint(trained(1), workplace, keep=2)
    with pytest.raises(RunError, match="does not fit the recipe"):
        resume(TrainingState(experiment("model.latents=5")), workplace, silent)


def test_a_checkpoint_reads_back_as_it_was(workplace: Path) -> None:
    state = trained(2)
    save_checkpoint(state, workplace, keep=1)
    tensors, facts = read_checkpoint(workplace / "step-2")
    assert facts == state.facts()
    assert (facts["step"], facts["window"]) == (2, 2)
    assert tensors.keys() == {"model", "objective", "optimizer", "window"}


def test_a_manifest_names_files_of_its_own_folder_alone(workplace: Path) -> None:
    save_checkpoint(trained(1), workplace, keep=1)
    (workplace / "secret").write_text("not for reading")
    manifest = {"step": 1, "window": 1, "sha256": {"../secret": "0" * 64}}
    (workplace / "step-1" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match=r"'\.\./secret' is not a file of a checkpoint"):
        read_checkpoint(workplace / "step-1")


@pytest.mark.parametrize("name", ["model", "objective", "optimizer", "window", "manifest"])
def test_a_flipped_bit_anywhere_is_found_by_the_name_of_its_file(workplace: Path, name: str) -> None:
    save_checkpoint(trained(1), workplace, keep=1)
    path = workplace / "step-1"
    tensors, facts = read_checkpoint(path)
    (file,) = path.glob(f"{name}.*")
    whole = file.read_bytes()
    for position in range(0, 8 * len(whole), max(1, len(whole) // 40)):
        damaged = bytearray(whole)
        damaged[position // 8] ^= 1 << position % 8
        file.write_bytes(damaged)
        found, found_facts, said = read_or_hear(path)
        if said:
            assert str(path) in said
        else:  # white space between the manifest's words, or the name of its own sum
            assert name == "manifest"
            assert found_facts == facts
            assert all(torch.equal(found[part][key], value) for part in tensors for key, value in tensors[part].items())


def read_or_hear(path: Path) -> tuple[Any, Any, str]:
    try:
        return *read_checkpoint(path), ""
    except RunError as error:
        return None, None, error.message
