"""Checks of launchers."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from bvtk.check_plugin.findings import Report, require
from bvtk.component import LauncherSpec
from bvtk.jobs import Ending, Job, Launcher, Resources, Task

_PATIENCE = 120.0
_PRINTS = (
    "import os; print(os.environ['BVTK_CHECK'], os.path.samefile('.', os.environ['BVTK_FOLDER'])); raise SystemExit(3)"
)
_WAITS = "print('started', flush=True); import time; time.sleep(1000)"


def check_launcher(report: Report, spec: LauncherSpec) -> None:
    """Runs two small programs with a launcher: one that ends, and one that is stopped."""
    with tempfile.TemporaryDirectory() as folder:
        if report.holds("builds a launcher", _check_attributes, spec):
            sentence = "runs a job in its folder, with its environment, log and exit code"
            if report.holds(sentence, _check_job, spec, Path(folder)):
                report.holds("stops a job", _check_stop, spec, Path(folder))


def _built(spec: LauncherSpec) -> Launcher:
    return spec.build(jobs=2, device="cpu", workers=1)


def _check_attributes(spec: LauncherSpec) -> None:
    with closing(_built(spec)) as launcher:
        for name in ("workers", "resources", "patience", "start", "look", "close"):
            require(hasattr(launcher, name), f"the launcher lacks {name!r}; derive it from bvtk.jobs.Launcher")
        found = launcher.workers
        require(isinstance(found, int) and found > 0, f"workers is {found!r}, expected a positive integer")
        kind = type(launcher.resources).__name__
        require(isinstance(launcher.resources, Resources), f"resources is of type {kind}, expected bvtk.jobs.Resources")


def _check_job(spec: LauncherSpec, folder: Path) -> None:
    with closing(_built(spec)) as launcher:
        job = _job(launcher, folder, _PRINTS, {"BVTK_CHECK": "seen", "BVTK_FOLDER": str(folder)})
        ending = _end(launcher, launcher.start(job))
        require(ending == Ending(3), f"a job that exits with 3 gave {ending}, expected {Ending(3)}")
        text = job.log.read_text(encoding="utf-8") if job.log.is_file() else ""
        expected = "expected 'seen True': its environment and folder"
        require("seen True" in text, f"the log of a job holds {text!r}, {expected}")


def _check_stop(spec: LauncherSpec, folder: Path) -> None:
    with closing(_built(spec)) as launcher:
        job = _job(launcher, folder, _WAITS, {})
        task = launcher.start(job)
        until = time.monotonic() + _PATIENCE
        while not (job.log.is_file() and "started" in job.log.read_text(encoding="utf-8")):
            launcher.look([task])
            require(task.state in ("queued", "running"), f"the state of a task is {task.state!r}")
            require(task.poll() is None, "poll() says that a running job has ended")
            require(time.monotonic() < until, f"a job did not start within {_PATIENCE:g} s")
            time.sleep(0.05)
        task.stop()
        ending = _end(launcher, task)
        require(ending.code != 0, f"a job that was stopped gave {ending}, expected another code than 0")
        task.stop()
        task.kill()


def _job(launcher: Launcher, folder: Path, program: str, environment: Mapping[str, str]) -> Job:
    argv = (sys.executable, "-I", "-S", "-c", program)
    return Job("check", argv, folder, environment, launcher.resources, folder / "log.txt")


def _end(launcher: Launcher, task: Task) -> Ending:
    until = time.monotonic() + _PATIENCE
    while True:
        launcher.look([task])
        if (ending := task.poll()) is not None:
            kind = type(ending).__name__
            require(isinstance(ending, Ending), f"poll() gave {kind}, expected bvtk.jobs.Ending or None")
            return ending
        require(time.monotonic() < until, f"a job did not end within {_PATIENCE:g} s")
        time.sleep(0.05)
