from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bvtk.component import launchers
from bvtk.errors import RunError, UsageError
from bvtk.jobs import Ending, Job, Resources
from bvtk.sweep import local
from bvtk.sweep.local import LocalLauncher, LocalTask, cores, gpus
from tests.nodes import eventually

PRINTS = "import os; print(os.environ.get('OMP_NUM_THREADS'), os.environ.get('CUDA_VISIBLE_DEVICES'), flush=True)"
WAITS = "import time; time.sleep(1000)"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of eight cores without GPUs."""
    monkeypatch.setattr(local, "cores", lambda: 8)
    monkeypatch.setattr(local, "gpus", lambda device: [])
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def job(program: str, log: Path, **environment: str) -> Job:
    argv = (sys.executable, "-I", "-S", "-c", program)
    return Job("toy", argv, log.parent, environment, Resources(), log)


def wait(task: LocalTask) -> int | None:
    ending: Ending = eventually(task.poll)
    return ending.code


def test_workers_are_one_a_core_but_no_more_than_jobs_and_share_the_threads(tmp_path: Path) -> None:
    assert (LocalLauncher(100).workers, LocalLauncher(100).resources) == (8, Resources(1))
    assert (LocalLauncher(3).workers, LocalLauncher(3).resources) == (3, Resources(2))
    assert (LocalLauncher(100, workers=20).workers, LocalLauncher(100, workers=20).resources) == (20, Resources(1))
    assert LocalLauncher(100, "cuda:1").workers == LocalLauncher(100, "mps").workers == 1


def test_a_job_has_its_environment_beside_that_of_the_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    wait(LocalLauncher(4).start(job(PRINTS, tmp_path / "log")))
    wait(LocalLauncher(4).start(job(PRINTS, tmp_path / "log", OMP_NUM_THREADS="2")))
    assert (tmp_path / "log").read_text() == "5 None\n2 None\n"


def test_the_launcher_is_a_component(tmp_path: Path) -> None:
    built = launchers.get("local")().build(3, "cpu", None)
    assert isinstance(built, LocalLauncher)
    assert built.workers == 3
    built.look([])
    built.close()


def test_gpus_are_dealt_out_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "gpus", lambda device: ["a", "b"])
    launcher = LocalLauncher(100, workers=4)
    assert (launcher.workers, launcher.resources) == (4, Resources(2, 1))
    assert (LocalLauncher(100).workers, LocalLauncher(100).resources) == (2, Resources(4, 1))
    tasks = [launcher.start(job(WAITS, tmp_path / "log")) for _ in range(4)]
    assert [task.gpu for task in tasks] == ["a", "b", "a", "b"]
    assert tasks[1].where == f"{platform.node()}, GPU b"
    tasks[1].kill()
    wait(tasks[1])
    tasks.append(launcher.start(job(PRINTS, tmp_path / "other")))
    assert tasks[-1].gpu == "b"
    for task in tasks:
        task.kill()
        wait(task)


def test_a_task_tells_how_it_ended_and_can_be_stopped(tmp_path: Path) -> None:
    launcher = LocalLauncher(4)
    assert wait(launcher.start(job("raise SystemExit(3)", tmp_path / "log"))) == 3
    task = launcher.start(job(WAITS, tmp_path / "log"))
    assert task.poll() is None
    assert (task.state, task.where) == ("running", platform.node())
    task.stop()
    assert wait(task) in (-signal.SIGTERM, 128 + signal.SIGTERM)
    task.stop()  # nothing, it has ended
    task.kill()


def test_logs_are_continued_and_a_log_that_can_t_be_written_is_told(tmp_path: Path) -> None:
    launcher = LocalLauncher(4)
    for _ in range(2):
        wait(launcher.start(job("print('x')", tmp_path / "log")))
    assert (tmp_path / "log").read_text() == "x\nx\n"
    with pytest.raises(RunError, match="cannot start a worker"):
        launcher.start(job("1", tmp_path / "none" / "log"))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part in it is Linux's")
def test_a_tethered_process_is_asked_to_stop_when_its_parent_is_killed(tmp_path: Path) -> None:
    child = (
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(__import__('os').getpid())); __import__('time').sleep(1000)"
    )
    script = (
        "import subprocess, sys, os, time\n"
        f"command = [sys.executable, '-I', '-S', {local.tether.__file__!r}, str(os.getpid())]\n"
        f"subprocess.Popen([*command, sys.executable, '-I', '-S', '-c', {child!r}], start_new_session=True)\n"
        "time.sleep(1000)\n"
    )
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", script]) as parent:
        pid = int(eventually(lambda: (tmp_path / "pid").is_file() and (tmp_path / "pid").read_text()))
        parent.kill()
    eventually(lambda: not _alive(pid))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part in it is Linux's")
def test_a_process_whose_parent_is_gone_already_does_not_start() -> None:
    command = [sys.executable, "-I", "-S", str(local.tether.__file__), "1", sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (143, "")


def _alive(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


@pytest.fixture
def two_gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose nvidia-smi tells of two GPUs, and a torch that can use them."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho GPU-aaa\necho GPU-bbb\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(local, "version", lambda _: "2.6.0+cu124")


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


def test_gpus_are_found_without_torch(two_gpus: None) -> None:
    assert gpus("auto") == gpus("cuda") == ["GPU-aaa", "GPU-bbb"]
    assert gpus("cpu") == gpus("cuda:1") == gpus("mps") == []


def test_gpus_that_are_hidden_stay_so(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,GPU-x")
    assert gpus("auto") == ["1", "GPU-x"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert gpus("auto") == []


def test_a_torch_for_cpus_uses_none_by_itself(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "version", lambda _: "2.6.0+cpu")
    assert gpus("auto") == []
    assert gpus("cuda") == ["GPU-aaa", "GPU-bbb"]


def test_a_tool_that_fails_finds_none(two_gpus: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(9, "nvidia-smi")

    monkeypatch.setattr(subprocess, "run", fail)
    assert gpus("cuda") == []


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown device 'gpu'"):
        gpus("gpu")
