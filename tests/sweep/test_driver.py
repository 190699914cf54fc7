from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from bvtk.errors import Interrupted, RunError
from bvtk.locks import file_lock
from bvtk.runs import read_json
from bvtk.stopping import Stop
from bvtk.sweep import driver as driving
from bvtk.sweep.cells import Sweep
from bvtk.sweep.driver import Driver, recorded_statuses, statuses
from bvtk.sweep.record import Status, SweepFolder
from tests.sweep.stand_ins import Diary, StandInLauncher, a_sweep, finish


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "_TICK", 0.001)
    monkeypatch.setattr(driving, "_LOOK_ELSEWHERE", 0.0)


def run(
    sweep: Sweep, out: Path, launcher: StandInLauncher, diary: Diary | None = None, stop: Stop | None = None
) -> list[Status]:
    folder = SweepFolder(sweep, out)
    found = statuses(sweep, out)
    with folder.locked():
        options = ("--device", "cpu")
        Driver(found, folder, out, launcher, options, stop or Stop(), diary or Diary()).run()
    return found


def states(found: Sequence[Status]) -> list[str]:
    return [status.state for status in found]


def test_cells_run_in_order_as_many_at_a_time_as_there_are_workers(tmp_path: Path) -> None:
    sweep, launcher = a_sweep(tmp_path, "sweep: {seeds: 5}\n"), StandInLauncher(tmp_path, workers=2, polls=3)
    assert states(run(sweep, tmp_path, launcher)) == ["done"] * 5
    assert [Path(job.arguments[1]).stem for job in launcher.jobs] == [cell.folder_name for cell in sweep.cells]
    assert launcher.most == 2
    job = launcher.jobs[0]
    assert job.arguments[0] == "run"
    assert job.arguments[2:] == ("--out", str(tmp_path), "--device", "cpu")


def test_what_is_finished_is_not_run_again(tmp_path: Path) -> None:
    sweep, launcher = a_sweep(tmp_path), StandInLauncher(tmp_path)
    finish(sweep.cells[1].folder(tmp_path))
    assert states(statuses(sweep, tmp_path)) == ["waiting", "done", "waiting", "waiting"]
    run(sweep, tmp_path, launcher)
    assert len(launcher.jobs) == 3
    run(sweep, tmp_path, again := StandInLauncher(tmp_path))
    assert again.jobs == []


def test_a_failing_cell_stops_no_other_and_is_tried_again_next_time(tmp_path: Path) -> None:
    sweep, diary = a_sweep(tmp_path), Diary()
    bad = sweep.cells[1].folder_name
    found = run(sweep, tmp_path, StandInLauncher(tmp_path, failing=[bad]), diary)
    assert states(found) == ["done", "failed", "done", "done"]
    assert found[1].code == 1
    assert diary.of(sweep.cells[1]) == ["running", "failed"]
    facts = read_json(tmp_path / sweep.folder_name / "sweep.json")
    assert [cell["state"] for cell in facts["cells"]] == ["done", "failed", "done", "done"]
    listed = recorded_statuses(sweep, tmp_path)
    assert states(listed) == ["done", "failed", "done", "done"]
    assert listed[1].code == 1
    assert states(run(sweep, tmp_path, StandInLauncher(tmp_path))) == ["done"] * 4
    assert states(recorded_statuses(sweep, tmp_path)) == ["done"] * 4


def test_a_failed_cell_that_somebody_mended_or_is_at_work_on_is_no_failure(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path)
    names = [cell.folder_name for cell in sweep.cells]
    run(sweep, tmp_path, StandInLauncher(tmp_path, failing=names[:3]))
    finish(sweep.cells[0].folder(tmp_path))
    at_work = sweep.cells[1].folder(tmp_path)
    at_work.create()
    with file_lock(at_work.path / ".lock"):
        assert states(recorded_statuses(sweep, tmp_path)) == ["done", "running", "failed", "done"]


def test_a_cell_at_work_elsewhere_is_waited_for(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: 2}\n")
    folder = sweep.cells[0].folder(tmp_path)
    folder.create()

    class Patient(Diary):
        def ticked(self) -> None:
            super().ticked()
            if self.ticks == 20:
                finish(folder)
                lock.__exit__(None, None, None)

    lock = file_lock(folder.path / ".lock")
    lock.__enter__()
    diary, launcher = Patient(), StandInLauncher(tmp_path)
    assert states(run(sweep, tmp_path, launcher, diary)) == ["done", "done"]
    assert diary.of(sweep.cells[0]) == ["elsewhere", "done"]
    assert len(launcher.jobs) == 1


def test_a_lock_that_a_dead_process_left_is_no_hindrance(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: 1}\n")
    folder = sweep.cells[0].folder(tmp_path)
    folder.create()
    (folder.path / ".lock").write_text("1         ")  # a living process's number, as after one is given out again
    assert states(run(sweep, tmp_path, StandInLauncher(tmp_path))) == ["done"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_is_passed_on_and_ends_the_sweep(tmp_path: Path, number: int, code: int) -> None:
    sweep, stop = a_sweep(tmp_path), Stop()
    launcher = StandInLauncher(tmp_path, polls=10**6)

    class Impatient(Diary):
        def ticked(self) -> None:
            super().ticked()
            if self.ticks == 3:
                stop.requested = number

    with pytest.raises(Interrupted, match="stopped with 0 of 4 cells done") as caught:
        run(sweep, tmp_path, launcher, Impatient(), stop)
    assert caught.value.exit_code == code
    assert [task.stopped for task in launcher.tasks] == [[number], [number]]
    facts = read_json(tmp_path / sweep.folder_name / "sweep.json")
    assert {cell["state"] for cell in facts["cells"]} == {"waiting"}


def test_a_cell_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "_PATIENCE", 0.05)
    sweep, stop = a_sweep(tmp_path, "sweep: {seeds: 1}\n"), Stop()
    launcher = StandInLauncher(tmp_path, polls=10**6)

    class Impatient(Diary):
        def ticked(self) -> None:
            stop.requested = signal.SIGTERM
            launcher.tasks[0].deaf = True

    with pytest.raises(Interrupted):
        run(sweep, tmp_path, launcher, Impatient(), stop)
    assert launcher.tasks[0].killed


def test_where_the_driver_fails_its_cells_are_stopped(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path)

    class Poor(StandInLauncher):
        def start(self, job):
            if self.jobs:
                raise RunError("no more processes")
            return super().start(job)

    launcher = Poor(tmp_path, polls=10**6)
    with pytest.raises(RunError):
        run(sweep, tmp_path, launcher)
    assert launcher.tasks[0].stopped == [signal.SIGTERM]
