from __future__ import annotations

from pathlib import Path

import pytest

from bvtk.check_plugin import launchers
from tests.check_plugin.authors import findings, problems

HEAD = """
from bvtk.jobs import Ending, Job, Launcher, Resources
from bvtk.sweep.local import LocalLauncher, LocalTask
import bvtk
"""


def launcher(body: str) -> str:
    """A launcher `mine` from the body of its class, which is otherwise the local one."""
    lines = "\n            ".join(body.strip().splitlines())
    return f'''
        class Mine(LocalLauncher):
            {lines}

        @bvtk.register_launcher("mine")
        class MineSpec(bvtk.LauncherSpec):
            """Mine."""

            def build(self, jobs, device, workers):
                return Mine(jobs, device, workers)
    '''


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launchers, "_PATIENCE", 20.0)


def test_a_good_launcher_is_run(tmp_path: Path) -> None:
    found = findings(tmp_path, launcher("pass"), HEAD)
    assert {finding.level for finding in found} == {"ok"}
    assert any("runs a job in its folder, with its environment, log and exit code" in str(each) for each in found)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("def close(self): self.nothing()", "has no attribute 'nothing'"),
        (
            "def __init__(self, *given):\n    super().__init__(*given)\n    self.workers = 0",
            "workers is 0, expected a positive integer",
        ),
        ("resources = property(lambda self: 1, lambda self, value: None)", "resources is of type int"),
        (
            "def start(self, job):\n    from dataclasses import replace\n"
            "    return super().start(replace(job, environment={}))",
            "a job that exits with 3 gave Ending(code=1",
        ),
        (
            "def start(self, job):\n    from dataclasses import replace\n    from pathlib import Path\n"
            "    return super().start(replace(job, folder=Path('/')))",
            "the log of a job holds 'seen False\\n', expected 'seen True'",
        ),
        (
            "def start(self, job):\n    task = super().start(job)\n    poll = task.poll\n"
            "    task.poll = lambda: (ending := poll()) and ending.code\n    return task",
            "poll() gave int, expected bvtk.jobs.Ending or None",
        ),
    ],
)
def test_what_is_wrong_is_reported(tmp_path: Path, body: str, message: str) -> None:
    found = [str(each) for each in findings(tmp_path, launcher(body), HEAD) if each.level == "problem"]
    assert len(found) == 1
    assert message in found[0]


def test_a_launcher_that_cannot_work_here_is_a_note(tmp_path: Path) -> None:
    body = '''
        from bvtk.errors import UsageError

        @bvtk.register_launcher("mine")
        class Mine(bvtk.LauncherSpec):
            """Mine."""

            def build(self, jobs, device, workers):
                raise UsageError("there is no cluster")
    '''
    assert problems(tmp_path, body) == []
