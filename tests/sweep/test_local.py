from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bvtk.errors import RunError
from bvtk.sweep import local
from bvtk.sweep.launcher import Job
from bvtk.sweep.local import LocalLauncher, LocalTask

PRINTS = "import os; print(os.environ.get('OMP_NUM_THREADS'), os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True)"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are Python programs, on a machine of eight cores without GPUs."""
    monkeypatch.setattr(local, "_command", lambda job: [sys.executable, "-I", "-S", "-c", *job.arguments])
    monkeypatch.setattr(local, "cores", lambda: 8)
    monkeypatch.setattr(local, "gpus", lambda device: [])
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def wait(task: LocalTask) -> int:
    until = time.monotonic() + 20
    while (code := task.poll()) is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    return code


def test_workers_are_one_a_core_but_no_more_than_jobs_and_share_the_threads(tmp_path: Path) -> None:
    assert (LocalLauncher(100).workers, LocalLauncher(100).threads) == (8, 1)
    assert (LocalLauncher(3).workers, LocalLauncher(3).threads) == (3, 2)
    assert (LocalLauncher(100, workers=20).workers, LocalLauncher(100, workers=20).threads) == (20, 1)
    assert LocalLauncher(100, "cuda:1").workers == LocalLauncher(100, "mps").workers == 1
    wait(LocalLauncher(4).start(Job((PRINTS,), tmp_path / "log")))
    assert (tmp_path / "log").read_text() == "2 None\n"


def test_threads_that_the_user_chose_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    wait(LocalLauncher(4).start(Job((PRINTS,), tmp_path / "log")))
    assert (tmp_path / "log").read_text() == "5 None\n"


def test_gpus_are_dealt_out_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "gpus", lambda device: ["a", "b"])
    launcher = LocalLauncher(100, workers=4)
    assert (launcher.workers, launcher.threads) == (4, 2)
    assert (LocalLauncher(100).workers, LocalLauncher(100).threads) == (2, 4)
    waits = "import time; time.sleep(60)"
    tasks = [launcher.start(Job((waits,), tmp_path / "log")) for _ in range(4)]
    assert [task.gpu for task in tasks] == ["a", "b", "a", "b"]
    tasks[1].kill()
    wait(tasks[1])
    tasks.append(launcher.start(Job((PRINTS,), tmp_path / "other")))
    assert tasks[-1].gpu == "b"
    for task in tasks:
        task.kill()
        wait(task)


def test_a_task_tells_how_it_ended_and_can_be_stopped(tmp_path: Path) -> None:
    launcher = LocalLauncher(4)
    assert wait(launcher.start(Job(("raise SystemExit(3)",), tmp_path / "log"))) == 3
    task = launcher.start(Job(("import time; time.sleep(60)",), tmp_path / "log"))
    assert task.poll() is None
    task.stop(signal.SIGTERM)
    assert wait(task) == -signal.SIGTERM
    task.stop(signal.SIGTERM)  # nothing, it has ended
    task.kill()


def test_logs_are_continued_and_a_log_that_can_t_be_written_is_told(tmp_path: Path) -> None:
    launcher = LocalLauncher(4)
    for _ in range(2):
        wait(launcher.start(Job(("print('x')",), tmp_path / "log")))
    assert (tmp_path / "log").read_text() == "x\nx\n"
    with pytest.raises(RunError, match="can't start a worker"):
        launcher.start(Job(("1",), tmp_path / "none" / "log"))


def test_a_job_is_the_command_that_a_user_would_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    command = local._command(Job(("run", "x.yaml"), Path("log")))
    assert command[-4:] == ["-m", "bvtk", "run", "x.yaml"]
    done = subprocess.run([*local._command(Job(("--version",), Path("log")))], capture_output=True, text=True)
    assert done.stdout.startswith("bvtk ")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part in it is Linux's")
def test_a_tethered_process_is_asked_to_stop_when_its_parent_is_killed(tmp_path: Path) -> None:
    child = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid())); __import__('time').sleep(60)"
    script = (
        "import subprocess, sys, os, time\n"
        f"command = [sys.executable, '-I', '-S', {local.tether.__file__!r}, str(os.getpid())]\n"
        f"subprocess.Popen([*command, sys.executable, '-I', '-S', '-c', {child!r}], start_new_session=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", script]) as parent:
        pid = int(_eventually(lambda: (tmp_path / "pid").read_text()))
        parent.kill()
    _eventually(lambda: "gone" if not _alive(pid) else "")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part in it is Linux's")
def test_a_process_whose_parent_is_gone_already_does_not_start() -> None:
    command = [sys.executable, "-I", "-S", str(local.tether.__file__), "1", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (143, "")


def _eventually(look) -> str:
    until = time.monotonic() + 20
    while True:
        try:
            if found := look():
                return found
        except OSError:
            pass
        assert time.monotonic() < until
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
