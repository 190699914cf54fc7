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

from bvtk.build import Experiment, build, build_dataset
from bvtk.component import OptimizerSpec, Parameters, optimizers, parse
from bvtk.engine.checkpoint import checkpoints, read_checkpoint, resume, save_checkpoint, state_of
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
