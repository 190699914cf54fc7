from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from bvtk.api import run_folder
from bvtk.errors import Interrupted, RunError
from bvtk.events import Event, StageStarted, Warned
from bvtk.pipeline import Pipeline, prepare_folder
from bvtk.plugins import discover
from bvtk.recipe import load_recipe
from bvtk.runs import RunFolder
from bvtk.stopping import Stop
from tests.conftest import squares


class Memory:
    """Remembers the stages and warnings; asks to stop at one."""

    def __init__(self, stop: Stop, stop_at: str = "") -> None:
        self.stages: list[str] = []
        self.warnings: list[str] = []
        self._stop, self._stop_at = stop, stop_at

    def __call__(self, event: Event) -> None:
        if isinstance(event, StageStarted):
            self.stages.append(event.stage)
            if event.stage == self._stop_at:
                self._stop.requested = signal.SIGINT
        elif isinstance(event, Warned):
            self.warnings.append(event.message)


def pipeline(
    *overrides: str, stop_at: str = "", recipe: Path = Path("tiny.yaml")
) -> tuple[Pipeline, Memory, RunFolder]:
    discover()
    loaded = load_recipe(recipe, overrides)
    folder = run_folder(loaded.recipe, Path("runs"))
    folder.create()
    prepare_folder(folder, loaded.recipe, loaded.text)
    stop = Stop()
    memory = Memory(stop, stop_at)
    return Pipeline(loaded.recipe, folder, "cpu", stop, memory), memory, folder


def test_each_stage_runs_those_before_it_and_none_twice(workplace: Path) -> None:
    first, memory, folder = pipeline()
    first.report()
    assert memory.stages == ["data", "train", "evaluate", "export", "report"]
    assert folder.finished
    again, memory, _ = pipeline()
    again.report()
    assert memory.stages == []


def test_a_missing_result_is_made_again_from_the_last_checkpoint(workplace: Path) -> None:
    first, _, folder = pipeline()
    first.report()
    export = folder.export.read_bytes()
    folder.export.unlink()
    folder.report.unlink()
    second, memory, _ = pipeline()
    second.report()
    assert memory.stages == ["data", "export", "report"]
    assert folder.export.read_bytes() == export
    assert "parts" not in vars(second.experiment)  # no optimiser was built
    folder.latents.unlink()
    folder.report.unlink()
    third, memory, _ = pipeline()
    third.report()
    assert memory.stages == ["data", "evaluate", "export", "report"]
    assert folder.finished


@pytest.mark.parametrize("missing", ["scores", "latents", "export"])
def test_a_result_that_is_missing_beside_a_report_is_written_again(workplace: Path, missing: str) -> None:
    pipeline()[0].report()
    again, _, folder = pipeline()
    path: Path = getattr(folder, missing)
    before = path.read_bytes()
    path.unlink()
    again.report()
    assert folder.finished
    assert path.read_bytes() == before


def test_again_does_a_stage_anew(workplace: Path) -> None:
    first, _, folder = pipeline()
    scores = first.evaluate()
    folder.scores.write_text("{}")
    second, memory, _ = pipeline()
    assert second.evaluate(again=True) == scores
    assert memory.stages == ["data", "evaluate"]


def test_new_scores_say_what_they_outdate(workplace: Path) -> None:
    first, memory, folder = pipeline()
    first.report()
    assert not memory.warnings
    second, memory, _ = pipeline()
    second.evaluate(again=True)
    (said,) = memory.warnings
    assert "removed because they are out of date: model.safetensors, report.html" in said
    assert not folder.export.exists()
    third, memory, _ = pipeline()
    third.report()
    assert folder.finished
    assert not memory.warnings


@pytest.mark.parametrize("stage", ["train", "evaluate", "export"])
def test_a_request_to_stop_is_heard_between_stages(workplace: Path, stage: str) -> None:
    halted, _, folder = pipeline(stop_at=stage)
    with pytest.raises(Interrupted):
        halted.report()
    assert not folder.report.exists()
    resumed, _, _ = pipeline()
    resumed.report()
    assert folder.finished


def test_other_circumstances_on_resume_are_recorded_and_told(workplace: Path) -> None:
    halted, _, folder = pipeline("training.steps=20", stop_at="train")
    with pytest.raises(Interrupted):
        halted.train()
    facts = json.loads(folder.environment.read_text())
    folder.environment.write_text(json.dumps({**facts, "threads": 99}))
    resumed, memory, _ = pipeline("training.steps=20")
    resumed.train()
    assert any("threads: 99 →" in warning for warning in memory.warnings)
    assert json.loads(folder.environment.read_text())["resumed_with"] == [{"threads": facts["threads"]}]


def test_variables_that_change_the_last_bits_are_recorded_and_told(
    workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DNNL_MAX_CPU_ISA", "AVX2")
    run, memory, folder = pipeline("training.steps=1")
    run.train()
    assert json.loads(folder.environment.read_text())["variables"] == {"DNNL_MAX_CPU_ISA": "AVX2"}
    assert memory.warnings == [
        "DNNL_MAX_CPU_ISA=AVX2: the result may differ in its last bits from runs without this setting"
    ]


def test_a_run_that_recorded_no_variables_resumes_without_a_word(workplace: Path) -> None:
    halted, _, folder = pipeline("training.steps=20", stop_at="train")
    with pytest.raises(Interrupted):
        halted.train()
    facts = json.loads(folder.environment.read_text())
    del facts["variables"]
    folder.environment.write_text(json.dumps(facts))
    resumed, memory, _ = pipeline("training.steps=20")
    resumed.train()
    assert memory.warnings == []
    assert "resumed_with" not in json.loads(folder.environment.read_text())


def test_a_collapsed_posterior_is_told_beside_its_scores(workplace: Path) -> None:
    collapsed, memory, _ = pipeline("objective.beta=1000")
    collapsed.evaluate()
    assert any("posterior collapse" in warning for warning in memory.warnings)


def test_new_scores_outdate_what_was_made_from_the_old(workplace: Path) -> None:
    first, _, folder = pipeline()
    first.report()
    second, _, _ = pipeline()
    second.evaluate(again=True)
    assert not folder.export.exists()
    assert not folder.report.exists()
    third, memory, _ = pipeline()
    third.report()
    assert memory.stages == ["data", "export", "report"]


@pytest.mark.parametrize("stage", ["evaluate", "export", "report"])
def test_results_without_a_checkpoint_are_not_trained_again(workplace: Path, stage: str) -> None:
    first, _, folder = pipeline("training.steps=2")
    first.export()
    before = folder.log.read_bytes()
    for checkpoint in folder.checkpoints.iterdir():
        shutil.rmtree(checkpoint)
    again, _, _ = pipeline("training.steps=2")
    with pytest.raises(RunError, match="has results but no checkpoint"):
        getattr(again, stage)(again=True)
    assert folder.log.read_bytes() == before
    assert folder.scores.is_file()


def test_other_data_under_a_finished_run_are_told(workplace: Path) -> None:
    first, memory, _ = pipeline()
    first.evaluate()
    assert memory.warnings == []
    images, factors = squares()
    np.savez("data.npz", images=images[::-1], factors=factors, factor_names=["size", "x", "y"])
    second, memory, _ = pipeline()
    second.evaluate(again=True)
    assert any("the data set has changed since this run was trained" in warning for warning in memory.warnings)
