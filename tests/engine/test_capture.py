from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bvtk.build import Experiment, build, build_dataset
from bvtk.engine.capture import CapturedStepper, Held, Reading, can_capture, hold_schedules
from bvtk.engine.state import TrainingState
from bvtk.engine.step import Stepper
from bvtk.errors import RunError
from bvtk.plugins import discover
from bvtk.protocols import Batch, ScheduledValue
from bvtk.recipe import load_recipe
from tests.systems import recipe_of

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")

CONVOLUTIONS = (
    "model.encoder={type: conv, channels: [4, 6]}",
    "model.decoder={type: conv, channels: [6, 4]}",
)
CASES: dict[str, tuple[str, Sequence[str]]] = {
    "dense": ("vae", ()),
    "convolutional": ("vae", CONVOLUTIONS),
    "bf16": ("vae", (*CONVOLUTIONS, "training.precision=bf16")),
    "β that rises": ("vae", ("objective.beta={type: linear, start: 0, end: 8, steps: 9}",)),
    "rate that falls": ("vae", ("training.optimizer.lr={type: linear, start: 1e-2, end: 0, steps: 9}",)),
    "adamw": ("vae", ("training.optimizer=adamw",)),
    "rmsprop": ("vae", ("training.optimizer={type: rmsprop, momentum: 0.9}",)),
    "sgd": ("vae", ("training.optimizer={type: sgd, momentum: 0.9, lr: 1e-5}",)),
    "clipped": ("vae", ("training.gradient_clip=1.0",)),
    "optimal σ": ("vae", ("model.likelihood={type: gaussian, sigma: optimal}",)),
    "capacity": ("vae", ("objective={type: annealed_vae}",)),
    "β-TCVAE": ("vae", ("objective={type: beta_tcvae}",)),
    "DIP-VAE II": ("vae", ("objective={type: dip_vae_ii}",)),
    "a controller": ("vae", ("objective={type: control_vae}",)),
    "a discriminator": ("vae", ("objective={type: factor_vae, hidden: [8]}",)),
    "two optimisers": ("infogan", ()),
    "one factor at a time": ("dc_ign", ()),
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    discover()


def experiment(system: str, overrides: Sequence[str] = (), device: str = "cpu") -> Experiment:
    recipe = load_recipe(recipe_of(system), list(overrides)).recipe
    dataset = build_dataset(recipe)
    return build(recipe, dataset, len(dataset), torch.device(device))


def refuse(message: str) -> None:
    raise AssertionError(f"no warning was expected: {message}")


def advance(stepper: Stepper, state: TrainingState, steps: int) -> list[dict[str, float]]:
    """Trains, and gives the terms of every step as numbers."""
    varied = getattr(state.experiment.model, "factors", (None,))
    lines = []
    for _ in range(steps):
        index = np.random.default_rng(state.step).choice(len(state.experiment.dataset), 16)
        factor = varied[state.step % len(varied)]
        batch = Batch({"x": index}, facts={} if factor is None else {"varied": factor})
        terms, _ = stepper.run(batch, state.step)
        state.window.add(terms)
        state.step += 1
        lines.append({name: _number(value) for name, value in terms.items()})
    return lines


def _number(value: Any) -> float:
    return float(value.detach() if isinstance(value, torch.Tensor) else value)


def weights(state: TrainingState) -> dict[str, torch.Tensor]:
    return state.tensors()["model"]


def captured(built: Experiment) -> CapturedStepper:
    return CapturedStepper(built, torch.device("cuda"), built.recipe.training.precision, refuse)


@gpu
@pytest.mark.parametrize("case", CASES)
def test_replayed_steps_are_the_steps(case: str) -> None:
    """Losses, terms, means and weights after 12 steps, of which 9 are replayed."""
    system, overrides = CASES[case]
    plain, recorded = (TrainingState(experiment(system, overrides, "cuda")) for _ in range(2))
    precision = plain.experiment.recipe.training.precision
    expected = advance(Stepper(plain.experiment, torch.device("cuda"), precision), plain, 12)
    found = advance(captured(recorded.experiment), recorded, 12)
    for line, wanted in zip(found, expected, strict=True):
        assert line == pytest.approx(wanted, rel=2e-3, abs=1e-4)
    assert recorded.window.means() == pytest.approx(plain.window.means(), rel=1e-3, abs=1e-4)
    for name, tensor in weights(recorded).items():
        torch.testing.assert_close(tensor, weights(plain)[name], rtol=1e-3, atol=1e-4, msg=name)


@gpu
@pytest.mark.parametrize("case", CASES)
def test_recorded_steps_resume_bit_for_bit(case: str) -> None:
    system, overrides = CASES[case]
    whole, first, second = (TrainingState(experiment(system, overrides, "cuda")) for _ in range(3))
    advance(captured(whole.experiment), whole, 15)
    advance(captured(first.experiment), first, 7)
    second.restore(first.tensors(), first.facts())
    advance(captured(second.experiment), second, 8)
    for file, tensors in whole.tensors().items():
        for name, tensor in tensors.items():
            assert torch.equal(tensor, second.tensors()[file][name]), f"{file}: {name}"


@gpu
def test_a_loss_that_is_not_finite_stops_a_replayed_step_by_name() -> None:
    state = TrainingState(experiment("vae", (), "cuda"))
    stepper = captured(state.experiment)
    advance(stepper, state, 5)
    with torch.no_grad():
        next(iter(state.experiment.model.encoder.parameters())).fill_(float("nan"))
    with pytest.raises(RunError, match=r"the posterior means became not finite at step 5"):
        advance(stepper, state, 1)


@gpu
def test_steps_that_cannot_be_recorded_are_run_as_they_are() -> None:
    class Peeking(torch.nn.Module):
        def __init__(self, objective: Any) -> None:
            super().__init__()
            self.inner = objective

        def forward(self, outputs: Any, step: int) -> Any:
            terms = self.inner(outputs, step)
            assert terms["loss"].item() > 0
            return terms

    built = experiment("vae", (), "cuda")
    state = TrainingState(Experiment(built.recipe, built.dataset, built.model, Peeking(built.objective)))
    warnings: list[str] = []
    stepper = CapturedStepper(state.experiment, torch.device("cuda"), "fp32", warnings.append)
    found = advance(stepper, state, 8)
    plain = TrainingState(experiment("vae", (), "cuda"))
    expected = advance(Stepper(plain.experiment, torch.device("cuda"), "fp32"), plain, 8)
    assert len(warnings) == 1
    assert "can't be recorded" in warnings[0]
    for line, wanted in zip(found, expected, strict=True):
        assert line == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize(
    ("overrides", "recorded"),
    [((), True), (("training.optimizer=adagrad",), False), (("training.compile=true",), False)],
)
def test_what_can_be_recorded(overrides: tuple[str, ...], recorded: bool) -> None:
    assert can_capture(load_recipe(recipe_of("vae"), list(overrides)).recipe) is recorded


def test_components_of_others_are_recorded_where_they_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load_recipe(recipe_of("vae"), []).recipe
    spec = type(recipe.model.encoder)  # type: ignore[attr-defined]
    monkeypatch.setattr(spec, "__module__", "plugins.mine")
    assert not can_capture(recipe)
    monkeypatch.setattr(spec, "capturable", True)
    assert can_capture(recipe)


def test_a_held_schedule_is_a_number_that_changes_in_place() -> None:
    held = Held(ScheduledValue(lambda step, _: 0.1 * step, 30), torch.device("cpu"))
    assert held(3) == pytest.approx(0.3)
    held.live = True
    value = held(0)
    held.update(1)
    assert float(Reading(value)) == 0.1
    held.update(20)
    assert float(Reading(value)) == 2.0


def test_schedules_are_found_wherever_an_objective_keeps_them() -> None:
    def schedule(slope: float) -> ScheduledValue:
        return ScheduledValue(lambda step, _: slope * step, 30)

    objective, inner = torch.nn.Module(), torch.nn.Module()
    objective.beta, objective.weights, objective.by_name = schedule(1), [schedule(2), 7], {"kl": schedule(3)}
    objective.inner, inner.gamma = inner, schedule(4)
    held = hold_schedules(objective, torch.device("cpu"))
    for each in held:
        each.live = True
        each.update(5)
    kept = (objective.beta, objective.weights[0], objective.by_name["kl"], inner.gamma)
    assert [float(each(5)) for each in kept] == [5, 10, 15, 20]
    assert (objective.weights[1], len(held)) == (7, 4)
