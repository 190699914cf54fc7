from __future__ import annotations

import time
from pathlib import Path

import pytest

from bvtk.runs import RunFolder, append_line
from bvtk.sweep.progress import Pace, Progress, headline, last_line, last_words, progress_of
from tests.sweep.stand_ins import a_sweep


def test_progress_is_read_from_the_runs_own_files(tmp_path: Path) -> None:
    (cell,) = a_sweep(tmp_path, "sweep: {}\n").cells
    folder = RunFolder(tmp_path / "run")
    assert progress_of(cell.recipe, folder) == Progress(0, 100)
    folder.create()
    append_line(folder.log, {"step": 10, "loss": 5.0, "images_per_second": 320.0})
    append_line(folder.log, {"step": 20, "loss": 4.0, "images_per_second": 640.0})
    append_line(folder.evaluations, {"step": 10, "scores": {"mig": {"score": 0.25}}})
    assert progress_of(cell.recipe, folder) == Progress(20, 100, 10.0, 4.0, "mig", 0.25)
    with folder.log.open("a") as log:
        log.write('{"step": 30, "lo')  # a line that is being written
    assert progress_of(cell.recipe, folder).step == 20


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f'{{"step": {step}}}\n' for step in range(100_000)))
    assert last_line(log) == {"step": 99_999}
    log.write_text("no JSON\n")
    assert last_line(log) == {}
    assert last_line(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ({}, ("", None)),
        ({"held_out": {"score": 1.0}}, ("", None)),
        ({"mig": {"score": 0.1}, "held_out": {"score": 1.0}}, ("mig", 0.1)),
        (
            {"mig": {"score": 0.1}, "beta_vae_score:protocol=dlib": {"score": 0.9}},
            ("beta_vae_score:protocol=dlib", 0.9),
        ),
    ],
)
def test_one_score_stands_for_all(scores: dict, found: tuple) -> None:
    assert headline(scores) == found


def test_the_last_words_of_a_log_are_its_last_lines_that_hold_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"a\n\nb\xff\n  c  \n\n")
    assert last_words(log, 2) == ["b\ufffd", "  c"]
    assert last_words(tmp_path / "none") == []


def test_the_rest_takes_as_long_as_what_was_done(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    pace = Pace(100)
    assert pace.left(20) is None
    assert pace.left(30) == 70
    assert pace.left(60) == 20


def test_time_in_which_no_step_was_made_says_nothing_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 500.0, 510.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    pace = Pace(100)
    assert [pace.left(20), pace.left(20), pace.left(30)] == [None, None, 70]
