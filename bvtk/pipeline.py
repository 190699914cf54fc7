"""The stages of a run in order. A stage is skipped if its result is already in the run folder."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.numpy import save as save_arrays

from bvtk.build import Experiment, build_dataset
from bvtk.engine.devices import choose_device, choose_precision, describe
from bvtk.engine.loop import Training, is_trained, train
from bvtk.environment import environment
from bvtk.errors import RunError
from bvtk.evaluate.representation import images_encoded
from bvtk.evaluate.scores import evaluate, quick_scores, warnings_of
from bvtk.events import Announcer, Finished, Listener, Progressed, RunStarted, Scored, StageStarted, Warned
from bvtk.export import plugin_records, write_export
from bvtk.files import write_bytes_atomic, write_text_atomic
from bvtk.identity import RECIPE, SCORES, check_identity
from bvtk.protocols import Dataset
from bvtk.quantities import counted
from bvtk.recipe import LoadedRecipe, Recipe, dump_yaml, recipe_sha256
from bvtk.runs import RunFolder, checkpoints, json_text, read_json, reporting_file_errors, write_json
from bvtk.stopping import Stop
from bvtk.traversal import CodeStatistics, read_latents

CIRCUMSTANCES = ("libraries", "device", "processor", "instructions", "variables", "threads", "precision")
"""Those of the recorded facts that the last bits of a training depend on."""

VARIABLES = (
    *("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA", "DNNL_DEFAULT_FPMATH_MODE", "ONEDNN_DEFAULT_FPMATH_MODE"),
    *("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"),
)
"""Environment variables that choose how the libraries compute, and so change the last bits."""


class Pipeline:
    """One run, with what its stages share.

    Args:
        recipe: the recipe.
        folder: the run folder; the caller holds its lock.
        device: `cpu`, `cuda`, `mps` or `auto`.
        stop: the request to stop.
        listener: receives the events.
    """

    def __init__(self, recipe: Recipe, folder: RunFolder, device: str, stop: Stop, listener: Listener) -> None:
        self.recipe = recipe
        self.folder = folder
        self.device: torch.device = choose_device(device)
        self._stop = stop
        self._listener = listener

    @cached_property
    def dataset(self) -> Dataset:
        """The recipe's data set, opened once."""
        self._begin("data", f"opening {self.recipe.dataset.component}")
        return build_dataset(self.recipe)

    @cached_property
    def experiment(self) -> Experiment:
        """The trained experiment: training resumes if it is not done, else the last checkpoint is read."""
        dataset = self.dataset
        if (self.folder.scores.is_file() or self.folder.export.is_file()) and not checkpoints(self.folder.checkpoints):
            raise RunError(
                f"{self.folder.path} has results but no checkpoint, so it would be trained again",
                f"restore {self.folder.checkpoints}, or remove the run: `bvtk rm {self.folder.path}`",
            )
        if not self.trained:
            steps = counted(self.recipe.training.steps, "step")
            what = {"steps": steps, "fit": "fitting", "nothing": "nothing to learn"}
            self._begin("train", f"{what[self.recipe.model.learns]} on {describe(self.device)}")
        self._record_environment(dataset)
        training = Training(self.folder, self.device, self._stop, self._listener, self._quick_scores)
        return train(self.recipe, training, dataset)

    @property
    def trained(self) -> bool:
        """Whether training is done."""
        return is_trained(self.recipe, self.folder)

    def train(self) -> None:
        """Trains until the last step."""
        if not self.trained:
            _ = self.experiment

    def evaluate(self, again: bool = False) -> dict[str, Any]:
        """Writes `scores.json` and `latents.safetensors`.

        Args:
            again: whether to score a run again that is already scored.
        """
        if again or not (self.folder.scores.is_file() and self.folder.latents.is_file()):
            model = self.experiment.model
            self._begin("evaluate", f"encoding {counted(images_encoded(len(self.dataset), model.latents), 'image')}")
            found = evaluate(self.recipe, model, self.dataset, self.device, self._progressed)
            self.folder.check_lock()
            self._remove_outdated(again, self.folder.scores, self.folder.export, self.folder.report, self.folder.card)
            write_bytes_atomic(self.folder.latents, save_arrays(found.latents))
            scores = json_text(found.scores)
            self._record_scores(scores, found.unscored)
            write_text_atomic(self.folder.scores, scores)
            self._listener(Scored(found.scores))
            for warning in warnings_of(found.scores, found.unscored):
                self._warn(warning)
        return self.folder.read_scores()

    def export(self, again: bool = False) -> Path:
        """Writes `model.safetensors`, with the scores in it."""
        if again or not self.folder.export.is_file():
            scores = self.evaluate()
            model, dataset = self.experiment.model, self.dataset
            self._begin("export", self.folder.export.name)
            self.folder.check_lock()
            self._remove_outdated(again, self.folder.report, self.folder.card)
            statistics = CodeStatistics.of(read_latents(self.folder.latents))
            write_export(self.folder.export, self.recipe, model, dataset, scores, statistics)
        return self.folder.export

    def report(self, again: bool = False) -> Path:
        """Writes `report.html`, `figures/` and the model card."""
        if again or not self.folder.finished:
            from bvtk.report import write_report
            from bvtk.report.gather import gather

            self.evaluate()  # the report needs more of it than the export contains
            self.export()
            experiment, dataset = self.experiment, self.dataset
            self._begin("report", self.folder.report.name)
            gathered = gather(self.folder, self.recipe, experiment.model, dataset, self.device)
            self.folder.check_lock()
            write_report(self.folder.path, gathered)
        return self.folder.report

    def _begin(self, stage: str, what: str) -> None:
        self._stop.check("stopped")
        self._listener(StageStarted(stage, what))

    def _progressed(self, done: int, total: int) -> None:
        self._listener(Progressed(done, total))

    def _warn(self, message: str) -> None:
        self._listener(Warned(message))

    def _remove_outdated(self, again: bool, *paths: Path) -> None:
        """Removes what was made from a result that is about to change; warns of what is not created again by itself."""
        gone = [path.name for path in paths if path in (self.folder.export, self.folder.report) and path.is_file()]
        for path in paths:
            path.unlink(missing_ok=True)
        if again and gone:
            hint = f"run `bvtk report {self.folder.path}` to create them again"
            self._warn(f"removed because they are out of date: {', '.join(gone)}; {hint}")

    def _quick_scores(self, experiment: Experiment) -> dict[str, Any]:
        return quick_scores(self.recipe, experiment.model, experiment.dataset, self.device)

    def _record_environment(self, dataset: Dataset) -> None:
        self.folder.check_lock()
        facts = environment(
            device=describe(self.device),
            threads=torch.get_num_threads(),
            instructions=torch.backends.cpu.get_cpu_capability(),
            variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
            precision=choose_precision(self.recipe.training.precision, self.device),
            plugins=plugin_records(self.recipe),
            data=dataset.provenance,
        )
        if facts["variables"] and not self.trained:
            given = ", ".join(f"{name}={value}" for name, value in facts["variables"].items())
            self._warn(f"{given}: the result may differ in its last bits from runs without this setting")
        path = self.folder.environment
        if not path.is_file():
            write_json(path, {**facts, RECIPE: recipe_sha256(self.recipe)})
            return
        first = {"variables": {}} | read_json(path)
        changed = {key: facts[key] for key in facts if facts[key] != first.get(key)}
        resumed = first.get("resumed_with", [])
        if changed and changed not in resumed:
            write_json(path, {**first, "resumed_with": [*resumed, changed]})
        self._warn_of(first, changed)

    def _record_scores(self, scores: str, unscored: dict[str, str]) -> None:
        """Records the hash of the scores, and for the report why metrics have no score."""
        path = self.folder.environment
        facts = read_json(path) if path.is_file() else {}
        kept = {"unscored": unscored} if unscored or "unscored" in facts else {}
        write_json(path, {**facts, SCORES: hashlib.sha256(scores.encode()).hexdigest(), **kept})

    def _warn_of(self, first: dict[str, Any], changed: dict[str, Any]) -> None:
        for key, what in (("data", "the data set has"), ("plugins", "plugins have")):
            if key in changed:
                self._warn(f"{what} changed since this run was trained: {first.get(key)} → {changed[key]}")
        matters = [key for key in CIRCUMSTANCES if key in changed and key in first]
        if matters and not self.trained:
            was = "; ".join(f"{key}: {first.get(key)} → {changed[key]}" for key in matters if key != "libraries")
            detail = was or "library versions"
            self._warn(f"resumed under other conditions, so the result may differ in its last bits: {detail}")


def prepare_folder(folder: RunFolder, recipe: Recipe, source: str) -> None:
    """Writes the resolved recipe, and the recipe as given.

    Raises:
        RunError: if the folder cannot be written.
    """
    try:
        if not folder.recipe.is_file():
            write_text_atomic(folder.source, source)
            write_text_atomic(folder.recipe, dump_yaml(recipe))
    except OSError as error:
        raise RunError(
            f"cannot write to {folder.path}: {error.strerror}", "choose another parent with --out"
        ) from error


@contextmanager
def working(loaded: LoadedRecipe, folder: RunFolder, device: str, *listeners: Listener) -> Iterator[Pipeline]:
    """A run for the block to work on: its folder is created and locked, and signals stop it in good order.

    Raises:
        RunError: if the folder cannot be created, or another process is writing to it.
        Interrupted: if a signal asks to stop.
    """
    announce = Announcer(*listeners)
    with Stop().listening() as stop:
        folder.create()
        with folder.locked(), reporting_file_errors(folder.path):
            folder.tidy()
            check_identity(folder, loaded.recipe)
            prepare_folder(folder, loaded.recipe, loaded.text)
            announce(RunStarted(folder.path.name, loaded.recipe.name, folder.path))
            yield Pipeline(loaded.recipe, folder, device, stop, announce)
            announce(Finished(folder.path))
