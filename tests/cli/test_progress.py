from __future__ import annotations

import pytest

from bvtk.cli import progress
from bvtk.cli.progress import PlainProgress, training_figures
from bvtk.events import Logged, TrainingStarted, Warned

LINE = {"loss": 41.26, "kl": 3.0, "active_units": 2, "images_per_second": 6400.0}
SAID = "loss 41.3  KL 3.00  active 2  6,400 images/s"


def test_what_is_left_is_told_as_soon_as_it_is_known(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PLAIN_INTERVAL", 0.0)
    monkeypatch.setattr("time.monotonic", iter(range(0, 10_000, 30)).__next__)
    listener = PlainProgress()
    listener(TrainingStarted(0, 400))
    for step in (50, 100, 400):
        listener(Logged({**LINE, "step": step}))
    first, second, last = capsys.readouterr().err.splitlines()
    assert first == f"  step 50 of 400  {SAID}"
    assert second.startswith(f"  step 100 of 400  {SAID}  ")
    assert second.endswith(" left")
    assert not second.endswith(" 0.0 s left")
    assert last == f"  step 400 of 400  {SAID}  0.0 s left"


def test_a_run_that_goes_on_counts_from_where_it_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_PLAIN_INTERVAL", 0.0)
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    listener = PlainProgress()
    listener(TrainingStarted(1000, 2000))
    listener(Logged({**LINE, "step": 1050}))
    now[0] = 10.0
    listener(Logged({**LINE, "step": 1100}))
    assert capsys.readouterr().err.splitlines() == [
        "  resumed at step 1,000 of 2,000",
        f"  step 1,050 of 2,000  {SAID}",
        f"  step 1,100 of 2,000  {SAID}  3 min 0 s left",
    ]


def test_figures_that_the_model_has_are_shown_and_two_further_terms() -> None:
    assert training_figures({"step": 5, "learning_rate": 1.0}) == ""
    assert training_figures({"step": 5, "codebook_use": 0.512}) == "codebook use 0.512"
    line = {"images_per_second": 10.0, "commitment": 0.12345, "loss": 1234.56, "{x}": 2, "third": 3.0}
    assert training_figures(line) == "loss 1234.6  commitment 0.123  {x} 2  10 images/s"


def test_a_warning_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    PlainProgress()(Warned("[bold]odd"))
    assert capsys.readouterr().err == "warning: [bold]odd\n"
