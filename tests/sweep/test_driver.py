from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bvtk.errors import Interrupted, RunError
from bvtk.jobs import Ending, Job, Resources
from bvtk.locks import file_lock
from bvtk.runs import read_json
from bvtk.stopping import Stop
from bvtk.sweep import driver as driving
from bvtk.sweep import record
from bvtk.sweep.cells import Sweep
from bvtk.sweep.driver import Driver, recorded_statuses, statuses
from bvtk.sweep.progress import saved_step
from bvtk.sweep.record import Status, SweepFolder
from tests.nodes import hold, needs_namespaces, unshare
from tests.sweep.stand_ins import Diary, StandIn, StandInLauncher, a_sweep, finish
from tests.test_lockfiles import forge


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
        Driver(found, folder, launcher, ("--device", "cpu"), stop or Stop(), diary or Diary()).run()
    return found


def states(found: Sequence[Status]) -> list[str]:
    return [status.state for status in found]


def test_cells_run_in_order_as_many_at_a_time_as_there_are_workers(tmp_path: Path) -> None:
    sweep, launcher = a_sweep(tmp_path, "sweep: {seeds: 5}\n"), StandInLauncher(tmp_path, workers=2, polls=3)
    assert states(run(sweep, tmp_path, launcher)) == ["done"] * 5
    assert [job.name for job in launcher.jobs] == [cell.folder_name for cell in sweep.cells]
    assert launcher.most == 2
    assert launcher.looks > 3
    assert launcher.closed == 1


def test_a_job_is_the_command_that_a_user_would_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    sweep, launcher = a_sweep(tmp_path, "sweep: {seeds: 1}\n"), StandInLauncher(tmp_path)
    run(sweep, tmp_path, launcher)
    (job,), (cell,) = launcher.jobs, sweep.cells
    start = job.argv.index("-m")
    assert job.argv[0] == sys.executable
    recipe = str(tmp_path / sweep.folder_name / "cells" / f"{cell.folder_name}.yaml")
    assert job.argv[start:] == ("-m", "bvtk", "run", recipe, "--out", str(tmp_path), "--device", "cpu")
    assert job.folder == Path.cwd()
    assert job.log == tmp_path / sweep.folder_name / "logs" / f"{cell.folder_name}.log"
    assert (job.resources, job.environment) == (Resources(3), {"OMP_NUM_THREADS": "3"})
    done = subprocess.run([*job.argv[:start], "-m", "bvtk", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("bvtk ")


def test_threads_that_the_user_chose_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    launcher = StandInLauncher(tmp_path)
    run(a_sweep(tmp_path, "sweep: {seeds: 1}\n"), tmp_path, launcher)
    assert launcher.jobs[0].environment == {"OMP_NUM_THREADS": "5"}


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
    assert [task.stopped for task in launcher.tasks] == [1, 1]
    assert launcher.closed == 1
    facts = read_json(tmp_path / sweep.folder_name / "sweep.json")
    assert {cell["state"] for cell in facts["cells"]} == {"waiting"}


def test_a_cell_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    sweep, stop = a_sweep(tmp_path, "sweep: {seeds: 1}\n"), Stop()
    launcher = StandInLauncher(tmp_path, polls=10**6)
    launcher.patience = 0.05

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
    assert launcher.tasks[0].stopped == 1
    assert launcher.closed == 1


class Losing(StandInLauncher):
    """A launcher on machines that die: tasks are lost as often as it is told, and may reach a checkpoint before.

    Args:
        out: the parent of run folders.
        losses: how often each cell is lost, by its name.
        advancing: whether a lost cell has saved a new checkpoint.
    """

    def __init__(self, out: Path, losses: dict[str, int], advancing: bool = False) -> None:
        super().__init__(out, workers=1)
        self._losses = losses
        self._advancing = advancing
        self.out = out

    def start(self, job: Job) -> StandIn:
        task = super().start(job)
        if self._losses.get(job.name, 0):
            self._losses[job.name] -= 1
            checkpoints = self.out / job.name / "checkpoints"
            if self._advancing:
                (checkpoints / f"step-{len(self.jobs)}").mkdir(parents=True)
            task.poll = lambda: Ending(None, lost=True, why="node3 died")  # type: ignore[method-assign]
        return task


def test_a_lost_cell_is_queued_again_behind_the_others(tmp_path: Path) -> None:
    sweep, diary = a_sweep(tmp_path, "sweep: {seeds: 3}\n"), Diary()
    names = [cell.folder_name for cell in sweep.cells]
    launcher = Losing(tmp_path, {names[0]: 2})
    found = run(sweep, tmp_path, launcher, diary)
    assert states(found) == ["done"] * 3
    assert [job.name for job in launcher.jobs] == [names[0], names[1], names[2], names[0], names[0]]
    assert diary.of(sweep.cells[0]) == ["running", "waiting", "running", "waiting", "running", "done"]
    facts = read_json(tmp_path / sweep.folder_name / "sweep.json")["cells"]
    assert [cell.get("losses", 0) for cell in facts] == [2, 0, 0]
    assert "why" not in facts[0]


def test_a_cell_that_is_lost_again_and_again_has_failed(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: 2}\n")
    names = [cell.folder_name for cell in sweep.cells]
    launcher = Losing(tmp_path, {names[0]: 99})
    found = run(sweep, tmp_path, launcher)
    assert states(found) == ["failed", "done"]
    assert [job.name for job in launcher.jobs].count(names[0]) == 3
    failed = read_json(tmp_path / sweep.folder_name / "sweep.json")["cells"][0]
    why = "lost 3 times without a new checkpoint: node3 died"
    assert {key: failed[key] for key in ("state", "code", "why", "losses")} == {
        "state": "failed",
        "code": None,
        "why": why,
        "losses": 3,
    }
    assert recorded_statuses(sweep, tmp_path)[0].reason == why


def test_a_cell_that_gets_further_each_time_is_never_given_up(tmp_path: Path) -> None:
    sweep = a_sweep(tmp_path, "sweep: {seeds: 1}\n")
    (cell,) = sweep.cells
    found = run(sweep, tmp_path, Losing(tmp_path, {cell.folder_name: 7}, advancing=True))
    assert [(status.state, status.losses) for status in found] == [("done", 7)]
    assert saved_step(cell.folder(tmp_path)) == 7


def test_the_orphan_of_a_lost_cell_is_waited_for(tmp_path: Path) -> None:
    """Its launcher lost sight of it, but its process works on and holds the lock."""
    sweep = a_sweep(tmp_path, "sweep: {seeds: 1}\n")
    (cell,) = sweep.cells
    folder = cell.folder(tmp_path)
    folder.create()
    lock = file_lock(folder.lock)

    class Orphaning(Losing):
        def start(self, job: Job) -> StandIn:
            lock.__enter__()
            return super().start(job)

    class Patient(Diary):
        def ticked(self) -> None:
            super().ticked()
            if self.of(cell)[-1:] == ["elsewhere"] and self.ticks > 20 and not folder.finished:
                finish(folder)
                lock.__exit__(None, None, None)

    diary, launcher = Patient(), Orphaning(tmp_path, {cell.folder_name: 1})
    assert states(run(sweep, tmp_path, launcher, diary)) == ["done"]
    assert diary.of(cell) == ["running", "waiting", "elsewhere", "done"]
    assert len(launcher.jobs) == 1


def test_queued_cells_differ_from_running_ones_and_where_they_run_is_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_INTERVAL", 0)
    sweep, diary = a_sweep(tmp_path, "sweep: {seeds: 2}\n"), Diary()
    facts = tmp_path / sweep.folder_name / "sweep.json"
    seen: list[tuple[str, str]] = []

    class Queueing(StandInLauncher):
        def start(self, job: Job) -> StandIn:
            task = super().start(job)
            task.state, task.where = "queued", ""
            return task

        def look(self, tasks: Sequence[StandIn]) -> None:
            super().look(tasks)
            if facts.is_file():
                seen.extend((cell["state"], cell.get("where", "")) for cell in json.loads(facts.read_text())["cells"])
            if self.looks == 5:
                for number, task in enumerate(tasks):
                    task.state, task.where = "running", f"node{number}"

    launcher = Queueing(tmp_path, polls=5)
    assert states(run(sweep, tmp_path, launcher, diary)) == ["done"] * 2
    assert diary.of(sweep.cells[0]) == ["queued", "running", "done"]
    assert {("queued", ""), ("running", "node0"), ("running", "node1")} <= set(seen)


def test_a_queued_cell_is_taken_back_when_the_sweep_is_stopped(tmp_path: Path) -> None:
    sweep, stop = a_sweep(tmp_path, "sweep: {seeds: 1}\n"), Stop()

    class Queueing(StandInLauncher):
        def start(self, job: Job) -> StandIn:
            task = super().start(job)
            task.state = "queued"
            stop.requested = signal.SIGINT
            return task

    launcher = Queueing(tmp_path)
    with pytest.raises(Interrupted):
        run(sweep, tmp_path, launcher, stop=stop)
    assert launcher.tasks[0].stopped == 1
    assert read_json(tmp_path / sweep.folder_name / "sweep.json")["cells"][0]["state"] == "waiting"


def test_a_launcher_that_breaks_is_closed_all_the_same(tmp_path: Path) -> None:
    class Breaking(StandInLauncher):
        def look(self, tasks: Sequence[StandIn]) -> None:
            if tasks:
                raise RunError("the cluster is gone")

    launcher = Breaking(tmp_path, polls=10**6)
    with pytest.raises(RunError, match="the cluster is gone"):
        run(a_sweep(tmp_path), tmp_path, launcher)
    assert launcher.closed == 1
    assert all(task.stopped for task in launcher.tasks)


def test_a_task_that_never_ends_is_left_behind(tmp_path: Path) -> None:
    stop = Stop()

    class Undead(StandInLauncher):
        patience = 0.05

        def start(self, job: Job) -> StandIn:
            task = super().start(job)
            task.poll = lambda: None  # type: ignore[method-assign]
            stop.requested = signal.SIGINT
            return task

    launcher = Undead(tmp_path, workers=1)
    with pytest.raises(Interrupted):
        run(a_sweep(tmp_path, "sweep: {seeds: 1}\n"), tmp_path, launcher, stop=stop)
    assert launcher.tasks[0].killed


def test_a_cell_whose_node_died_is_started_again(tmp_path: Path) -> None:
    """Promise 15: first it counts as at work, and when it has missed its beats, it is started."""
    sweep, diary = a_sweep(tmp_path, "sweep: {seeds: 1}\n"), Diary()
    folder = sweep.cells[0].folder(tmp_path)
    folder.create()
    forge(folder.lock)
    assert states(run(sweep, tmp_path, StandInLauncher(tmp_path), diary)) == ["done"]
    assert diary.of(sweep.cells[0]) == ["elsewhere", "waiting", "running", "done"]


def test_a_cell_at_work_on_another_node_is_neither_started_nor_called_failed(tmp_path: Path) -> None:
    """Promise 15."""
    needs_namespaces()
    sweep, diary = a_sweep(tmp_path, "sweep: {seeds: 1}\n"), Diary()
    folder = sweep.cells[0].folder(tmp_path)
    folder.create()
    launcher = StandInLauncher(tmp_path)
    with hold(folder.lock, *unshare(host="node7")) as owner:

        class Patient(Diary):
            def ticked(self) -> None:
                super().ticked()
                if self.ticks == 20:
                    finish(folder)
                    owner.communicate()

        diary = Patient()
        assert states(run(sweep, tmp_path, launcher, diary)) == ["done"]
    assert diary.of(sweep.cells[0]) == ["elsewhere", "done"]
    assert launcher.jobs == []


def test_a_cell_that_another_node_took_meanwhile_is_waited_for(tmp_path: Path) -> None:
    """It exits with 2, since its lock is taken."""
    sweep = a_sweep(tmp_path, "sweep: {seeds: 1}\n")
    folder = sweep.cells[0].folder(tmp_path)
    folder.create()
    lock = file_lock(folder.lock)

    class Beaten(StandInLauncher):
        def start(self, job: Job) -> StandIn:
            lock.__enter__()
            task = super().start(job)
            task.poll = lambda: Ending(2)  # type: ignore[method-assign]
            return task

    class Patient(Diary):
        def ticked(self) -> None:
            super().ticked()
            if self.ticks == 20:
                finish(folder)
                lock.__exit__(None, None, None)

    diary = Patient()
    assert states(run(sweep, tmp_path, Beaten(tmp_path), diary)) == ["done"]
    assert diary.of(sweep.cells[0]) == ["running", "elsewhere", "done"]
