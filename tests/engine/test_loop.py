from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch

from bvtk.api import run_folder
from bvtk.engine.checkpoint import checkpoints
from bvtk.engine.loop import Training, train
from bvtk.errors import Interrupted, RunError
from bvtk.events import Event, Logged, TrainingStarted, Warned
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from bvtk.runs import RunFolder
from bvtk.stopping import Stop
from tests.systems import recipe_of


class Notes:
    """A listener that remembers, and may ask to stop at a logged step."""

    def __init__(self, stop: Stop, stop_at: int | None = None) -> None:
        self.lines: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self._stop, self._stop_at = stop, stop_at

    def __call__(self, event: Event) -> None:
        match event:
            case TrainingStarted():
                self.from_step = event.step
            case Logged():
                self.lines.append(dict(event.line))
                if event.line["step"] == self._stop_at:
                    self._stop.requested = signal.SIGTERM
            case Warned():
                self.warnings.append(event.message)


def seen(experiment: Any) -> dict[str, Any]:
    return {"seen": experiment.model.training}


def run(
    out: str, *overrides: str, stop_at: int | None = None, evaluate: Any = seen, recipe: Path = Path("tiny.yaml")
) -> tuple[Any, RunFolder, Notes]:
    discover()
    loaded = load_recipe(recipe, overrides).recipe
    folder = run_folder(loaded, Path(out))
    folder.create()
    with Stop().listening() as stop:
        notes = Notes(stop, stop_at)
        return train(loaded, Training(folder, torch.device("cpu"), stop, notes, evaluate)), folder, notes


def weights(experiment: Any) -> dict[str, torch.Tensor]:
    return dict(experiment.model.state_dict())


def log_without_speed(folder: RunFolder) -> list[dict[str, Any]]:
    return [{k: v for k, v in line.items() if k != "images_per_second"} for line in folder.read_log()]


def test_a_training_logs_what_scripts_rely_on(workplace: Path) -> None:
    experiment, folder, _ = run("runs")
    assert not experiment.model.training
    log = folder.read_log()
    assert [line["step"] for line in log] == [10, 20, 30, 40]
    keys = {"step", "loss", "reconstruction", "kl", "beta", "beta_norm", "active_units", "images_per_second"}
    assert keys <= log[0].keys()
    for line in log:
        assert line["beta_norm"] == pytest.approx(line["beta"] * 3 / 144)
    assert log[-1]["reconstruction"] < log[0]["reconstruction"]
    assert [step for step, _ in checkpoints(folder.checkpoints)] == [40, 30]


@pytest.mark.parametrize("stop_at", [10, 20, 30])
def test_an_interrupted_training_goes_on_bit_for_bit(workplace: Path, stop_at: int) -> None:
    straight, straight_folder, _ = run("straight")
    with pytest.raises(Interrupted, match=rf"stopped at step {stop_at} of 40, after a checkpoint") as caught:
        run("halted", stop_at=stop_at)
    assert caught.value.exit_code == 143
    resumed, folder, notes = run("halted")
    assert notes.from_step == stop_at
    assert all(torch.equal(weights(resumed)[name], value) for name, value in weights(straight).items())
    assert log_without_speed(folder) == log_without_speed(straight_folder)


def test_a_kill_costs_at_most_one_interval(workplace: Path) -> None:
    """What was logged after the last checkpoint is dropped, and logged again."""
    straight, straight_folder, _ = run("straight")
    _, folder, _ = run("killed")
    for step, path in checkpoints(folder.checkpoints):
        if step == 40:
            (path / "manifest.json").unlink()
    with folder.log.open("a") as file:
        file.write('{"step": 41, "lo')
    resumed, _, notes = run("killed")
    assert notes.from_step == 30
    assert len(notes.warnings) == 1
    assert all(torch.equal(weights(resumed)[name], value) for name, value in weights(straight).items())
    assert log_without_speed(folder) == log_without_speed(straight_folder)


def test_zero_steps_are_the_untrained_model(workplace: Path) -> None:
    untrained, folder, _ = run("runs", "training.steps=0")
    assert [step for step, _ in checkpoints(folder.checkpoints)] == [0]
    again, _, _ = run("other", "training.steps=0")
    assert all(torch.equal(weights(again)[name], value) for name, value in weights(untrained).items())


def test_evaluations_over_training_see_the_model_in_eval_mode(workplace: Path) -> None:
    _, folder, _ = run("runs", "training.evaluate_every=20")
    lines = [json.loads(line) for line in folder.evaluations.read_text().splitlines()]
    assert lines == [{"step": 20, "seen": False}, {"step": 40, "seen": False}]


@pytest.mark.parametrize("at", [1, 2])
def test_a_signal_cuts_scoring_short_and_the_scores_are_made_on_resume(workplace: Path, at: int) -> None:
    """At the last step too, where the checkpoint alone would pass for a training that is through."""
    overrides, calls = ("training.evaluate_every=20",), []

    def interrupted(experiment: Any) -> dict[str, Any]:
        calls.append(experiment)
        if len(calls) == at:
            os.kill(os.getpid(), signal.SIGTERM)
            raise AssertionError("scoring went on")
        return seen(experiment)

    straight, straight_folder, _ = run("straight", *overrides)
    with pytest.raises(Interrupted, match=rf"stopped at step {20 * at} of 40, after a checkpoint"):
        run("halted", *overrides, evaluate=interrupted)
    resumed, folder, _ = run("halted", *overrides)
    assert folder.evaluations.read_bytes() == straight_folder.evaluations.read_bytes()
    assert all(torch.equal(weights(resumed)[name], value) for name, value in weights(straight).items())
    assert not resumed.model.training


def test_a_signal_cuts_fitting_short(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bvtk.models.linear import Linear

    def endless(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("fitting went on")

    monkeypatch.setattr(Linear, "fit", endless)
    with pytest.raises(Interrupted):
        run("runs", recipe=recipe_of("pca"))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_training_that_explodes_stops_by_name_and_keeps_its_checkpoints(workplace: Path, precision: str) -> None:
    schedule = "{type: piecewise, points: [[0, 1e-3], [30, 1e-3], [31, 1e30], [60, 1e30]]}"
    overrides = (f"training.optimizer={{type: sgd, lr: {schedule}}}", f"training.precision={precision}")
    with pytest.raises(RunError, match=r"at step 3\d|since step 3\d"):
        run("runs", *overrides)
    folder = next(Path("runs").iterdir())
    kept = checkpoints(folder / "checkpoints")
    assert kept[0][0] == 30


def test_a_small_data_set_trains_with_a_large_batch(workplace: Path) -> None:
    _, folder, _ = run("runs", "training.batch_size=200", "training.steps=3", "training.log_every=1")
    assert len(folder.read_log()) == 3
