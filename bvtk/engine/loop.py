"""The training loop: from a recipe and a run folder to a trained model, resuming an interrupted one."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from bvtk.build import Experiment, build, build_dataset, sampler_of
from bvtk.engine.capture import CapturedStepper, can_capture
from bvtk.engine.checkpoint import resume, save_checkpoint
from bvtk.engine.devices import choose_precision
from bvtk.engine.images import split
from bvtk.engine.state import TrainingState
from bvtk.engine.step import Stepper, Terms
from bvtk.errors import Interrupted, RunError
from bvtk.events import Evaluated, Listener, Logged, TrainingStarted, Warned
from bvtk.files import fsync_file, fsync_folder
from bvtk.passes import Pass
from bvtk.protocols import Dataset, Fitted, Sampler
from bvtk.recipe import Recipe
from bvtk.runs import RunFolder, checkpoints, read_lines
from bvtk.seeding import derive
from bvtk.stopping import Stop


@dataclass(frozen=True)
class Training:
    """How a recipe is trained.

    Args:
        folder: the run folder; the caller holds its lock.
        device: of the model.
        stop: asked after every step.
        listener: receives the events.
        evaluate: called with the model at each `evaluate_every` steps, for scores over training.
    """

    folder: RunFolder
    device: torch.device
    stop: Stop
    listener: Listener
    evaluate: Callable[[Experiment], dict[str, Any]]

    def warn(self, message: str) -> None:
        """Sends a warning to the listener."""
        self.listener(Warned(message))


def train(recipe: Recipe, training: Training, dataset: Dataset | None = None) -> Experiment:
    """Trains until the recipe's last step, resuming from the newest whole checkpoint.

    Returns:
        The experiment, trained; the run folder holds its last checkpoint. The data set is opened if it is not given.

    Raises:
        Interrupted: after a checkpoint, if a signal asked to stop.
        RunError: if a number is not finite, or a checkpoint can't be written or read.
    """
    data = dataset or build_dataset(recipe)
    indices, _ = split(len(data), recipe.training.held_out, recipe.seed)
    experiment = build(recipe, data, len(indices), training.device)
    state = TrainingState(experiment)
    resumed = resume(state, training.folder.checkpoints, training.warn)
    training.folder.rewind(state.step)
    experiment.model.train()
    if not resumed or state.step < recipe.training.steps or _owes_scores(recipe, training.folder, state.step):
        with torch.random.fork_rng(devices=[]):
            if isinstance(experiment.model, Fitted):
                experiment.model.fit(data, indices, derive(recipe.seed, "fit"))
            with training.stop.deferred():
                sampler = sampler_of(recipe).build(data, indices, recipe.training.batch_size, recipe.seed)
                _Loop(state, sampler, training).run()
    experiment.model.eval()
    return experiment


def is_trained(recipe: Recipe, folder: RunFolder) -> bool:
    """Whether training is complete: the last checkpoint exists, with its scores if the recipe asks for them."""
    found = checkpoints(folder.checkpoints)
    return bool(found) and found[0][0] == recipe.training.steps and not _owes_scores(recipe, folder, found[0][0])


def _owes_scores(recipe: Recipe, folder: RunFolder, step: int) -> bool:
    """Whether a run was stopped at a step before its scores were written."""
    every = recipe.training.evaluate_every
    due = bool(every) and step > 0 and step % every == 0
    return due and all(line["step"] != step for line in read_lines(folder.evaluations))


class _Loop:
    def __init__(self, state: TrainingState, sampler: Sampler, training: Training) -> None:
        self._state = state
        self._start = state.step
        self._sampler = sampler
        self._training = training
        self._recipe = state.experiment.recipe
        precision = choose_precision(self._recipe.training.precision, training.device)
        self._stepper = _stepper(state.experiment, training, precision)
        self._clock = _Clock()

    def run(self) -> None:
        state, settings = self._state, self._recipe.training
        self._training.listener(TrainingStarted(state.step, settings.steps))
        if _owes_scores(self._recipe, self._training.folder, state.step):
            self._evaluate()
        self._clock.lap()
        while state.step < settings.steps:
            terms, outputs = self._stepper.run(self._sampler(state.step), state.step)
            state.window.add(terms)
            state.step += 1
            self._clock.step()
            self._after_step(terms, outputs)
        if settings.steps == 0:
            self._save()

    def _after_step(self, terms: Terms, outputs: Pass) -> None:
        step, settings = self._state.step, self._recipe.training
        last = step == settings.steps
        if step % settings.log_every == 0 or last:
            self._log(terms, outputs)
        if settings.evaluate_every and step % settings.evaluate_every == 0:
            with self._clock.paused():
                self._evaluate()
        if step % settings.checkpoint_every == 0 or last or self._training.stop.requested is not None:
            self._save()
        self._check_stop()

    def _check_stop(self) -> None:
        where = f"step {self._state.step} of {self._recipe.training.steps}"
        self._training.stop.check(f"stopped at {where}, after a checkpoint")

    def _log(self, terms: Terms, outputs: Pass) -> None:
        state = self._state
        # All terms in the objective's order: plain numbers, and 0 for those that a mean replaces.
        numbers = {name: 0.0 if isinstance(term, torch.Tensor) else float(term) for name, term in terms.items()}
        line: dict[str, Any] = {"step": state.step, **numbers, **state.window.means(), **outputs.figures()}
        line["learning_rate"] = state.experiment.parts[0].learning_rate(state.step - 1)
        for name, value in line.items():
            if not math.isfinite(value):
                raise RunError(f"the logged {name!r} became {value} by step {state.step}", "Fix the objective.")
        line["images_per_second"] = round(self._clock.lap() * self._recipe.training.batch_size, 1)
        self._training.folder.append_log(line)
        self._training.listener(Logged(line))

    def _evaluate(self) -> None:
        """Scores the current model. If a signal interrupts this, saves a checkpoint; a resumed run scores first."""
        model = self._state.experiment.model
        model.eval()
        try:
            with self._training.stop.at_once():
                found = self._training.evaluate(self._state.experiment)
        except Interrupted:
            if self._state.step > self._start:
                self._save()
            self._check_stop()
            raise
        finally:
            model.train()
        self._training.folder.append_evaluation({"step": self._state.step, **found})
        self._training.listener(Evaluated(self._state.step, found.get("scores", {})))

    def _save(self) -> None:
        self._training.folder.check_lock()
        with self._clock.paused():
            for log in (self._training.folder.log, self._training.folder.evaluations):
                if log.is_file():
                    fsync_file(log)
            fsync_folder(self._training.folder.path)
            save_checkpoint(self._state, self._training.folder.checkpoints, self._recipe.training.keep)


def _stepper(experiment: Experiment, training: Training, precision: str) -> Stepper:
    if training.device.type == "cuda" and can_capture(experiment.recipe):
        return CapturedStepper(experiment, training.device, precision, training.warn)
    return Stepper(experiment, training.device, precision)


class _Clock:
    """Speed of training, without the time in pauses."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._steps = 0

    def step(self) -> None:
        self._steps += 1

    def lap(self) -> float:
        """Steps per second since the last lap; starts a new one."""
        speed = self._steps / max(time.perf_counter() - self._since, 1e-9)
        self._since, self._steps = time.perf_counter(), 0
        return speed

    @contextmanager
    def paused(self) -> Iterator[None]:
        before = time.perf_counter()
        yield
        self._since += time.perf_counter() - before
