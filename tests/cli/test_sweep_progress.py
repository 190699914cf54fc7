from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from bvtk.cli import sweep_progress
from bvtk.cli.sweep_progress import LiveSweep, PlainSweep, watching_sweep
from bvtk.runs import append_line, write_json
from bvtk.sweep.driver import statuses
from bvtk.sweep.record import Status
from tests.sweep.stand_ins import a_sweep, finish


@pytest.fixture
def cells(tmp_path: Path) -> list[Status]:
    """One done, one running, one failed, one waiting."""
    sweep = a_sweep(tmp_path, "sweep: {seeds: 2, grid: {model.encoder.hidden: [[8], [16]]}}\n")
    finish(sweep.cells[0].folder(tmp_path))
    found = statuses(sweep, tmp_path)
    found[1].folder.create()
    append_line(found[1].folder.log, {"step": 20, "loss": 12.345, "images_per_second": 640.0})
    append_line(found[1].folder.evaluations, {"step": 20, "scores": {"mig": {"score": 0.25}}})
    found[1].state, found[2].state = "running", "failed"
    return found


def test_the_table_has_a_row_for_each_cell_at_work_and_one_for_all(
    cells: list[Status], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_progress, "_REDRAW", 0.0)
    console = Console(file=io.StringIO(), force_terminal=True, width=120, height=30, color_system=None)
    with Live(console=console, auto_refresh=False) as live:
        watcher = LiveSweep(cells, live)
        watcher.ticked()
        watcher.changed(cells[0])
        watcher.changed(cells[1])
    drawn = console.file.getvalue()
    (row,) = {line.rstrip() for line in drawn.splitlines() if "20/100" in line}
    assert row.split() == ["toy", "model.encoder.hidden=[8]", "1", "20/100", "10.0", "12.3", "0.250"]
    assert "1 of 4 done, 1 running, 1 waiting, 1 failed" in drawn
    assert f"done: {cells[0].cell.folder_name}  model.encoder.hidden=[8]  seed 0  mig 0.500" in drawn
    assert "started" not in drawn  # the table shows it


def test_plain_lines_tell_what_happens_and_now_and_then_how_far_all_is(
    cells: list[Status], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching_sweep(cells, 3) as watcher:
        assert isinstance(watcher, PlainSweep)
        watcher.ticked()
        for status in cells:
            watcher.changed(status)
        monkeypatch.setattr(sweep_progress, "_PLAIN_INTERVAL", 0.0)
        watcher.ticked()
    told = capsys.readouterr()
    names = [status.cell.folder_name for status in cells]
    assert told.out == ""
    assert told.err.splitlines() == [
        "4 cells, 1 already done, 3 at a time",
        f"done: {names[0]}  model.encoder.hidden=[8]  seed 0  mig 0.500  no score for beta_vae_score",
        f"started: {names[1]}  model.encoder.hidden=[8]  seed 1",
        f"failed: {names[2]}  model.encoder.hidden=[16]  seed 0",
        f"stopped: {names[3]}  model.encoder.hidden=[16]  seed 1",
        "1 of 4 done, 1 running, 1 waiting, 1 failed",
    ]


def test_a_cell_whose_scores_mean_nothing_or_are_missing_says_so(
    cells: list[Status], capsys: pytest.CaptureFixture[str]
) -> None:
    write_json(cells[0].folder.scores, {"held_out": {"score": -9.0, "active_units": 0}})
    with watching_sweep(cells, 1) as watcher:
        watcher.changed(cells[0])
    done = capsys.readouterr().err.splitlines()[1]
    assert done.endswith(
        "seed 0  collapse: no latent responds to the images  no score for mig  no score for beta_vae_score"
    )


def test_lost_and_queued_cells_are_shown(cells: list[Status], capsys: pytest.CaptureFixture[str]) -> None:
    cells[2].state, cells[2].why = "waiting", "node3 died"
    cells[3].state = "queued"
    with watching_sweep(cells, 1) as watcher:
        watcher.changed(cells[2])
        watcher.changed(cells[3])
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].startswith("lost, to be started again: ")
    assert lines[1].endswith("(node3 died)")
    assert lines[2].startswith("queued: ")
