"""A disk that fills up, permissions that are refused: one clear message, exit 1, and nothing that was saved is lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from dataclasses import replace

import pytest

from tests.reliability.conftest import Case, Ground
from tests.reliability.ground import newest_whole, saved_by
from tests.reliability.nursery import Ending

NOBODY = 65534
GROWING = ("create", "write", "mkdir")
REFUSED = ("create", "write", "mkdir", "fsync", "rename", "unlink")


def failures(case: Case) -> tuple[int, ...]:
    """The exit codes of a failure: 1, and 2 for prepared data, as for all that is wrong with data."""
    return (1, 2) if case.operation[1].startswith("cache") else (1,)


def full_from_some_operation_on(ground: Ground, seed: int, each: int) -> None:
    cases = ground.cases(random.Random(seed), ("full",), each, GROWING)
    for case, ending in zip(cases, ground.suffer(cases), strict=True):
        assert ending.code in failures(case), (case, ending.said)
        assert "No space left on device" in ending.said.splitlines()[-2], (case, ending.said)
        assert "Traceback" not in ending.said
    ground.must_finish(cases)


def refused_once(ground: Ground, seed: int, each: int) -> None:
    """What does not matter for the result, such as removing an old checkpoint, is no failure."""
    cases = ground.cases(random.Random(seed), ("refuse",), each, REFUSED)
    for case, ending in zip(cases, ground.suffer(cases), strict=True):
        what, path = case.operation
        harmless = [0] if what == "unlink" or path.endswith(".lock") else []
        assert ending.code in (*failures(case), *harmless), (case, ending.said)
        assert ending.code == 0 or "Permission denied" in ending.said
        assert "Traceback" not in ending.said
    ground.must_finish(cases)


def test_full_from_some_operation_on(ground: Ground) -> None:
    full_from_some_operation_on(ground, 3, 2)


def test_refused_once(ground: Ground) -> None:
    refused_once(ground, 4, 2)


@pytest.mark.soak
def test_full_and_refused_at_100_operations(ground: Ground) -> None:
    full_from_some_operation_on(ground, 5, 40)
    refused_once(ground, 6, 40)


@pytest.fixture
def begun(ground: Ground) -> Case:
    """A run that was killed after its first checkpoint."""
    trace = ground.straight("train", "squares").trace
    first = next(at for at in range(len(trace)) if saved_by(trace, at) == 2)
    case = ground.case("train", "squares", first + 1, "kill")
    ground.suffer([case])
    assert newest_whole(ground.out(case.out)) == 2
    return case


def failed(ground: Ground, case: Case, **how: object) -> Ending:
    """How the command ends now, which must be with one message and the checkpoint as it was."""
    (ending,) = ground.run(ground.order("train", "squares", case.out, by_cli=True, **how))
    assert ending.code == 1, ending.said
    assert "Traceback" not in ending.said
    assert newest_whole(ground.out(case.out)) == 2
    return ending


def test_a_limit_on_the_size_of_files(ground: Ground, begun: Case) -> None:
    said = failed(ground, begun, limit=8000).said
    assert "can't write the checkpoint" in said
    assert "step-4: File too large" in said
    assert "The same command resumes from the checkpoint before" in said
    ground.must_finish([begun])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_folder_of_somebody_else(ground: Ground, begun: Case) -> None:
    ground.folder.chmod(0o755)
    assert "Permission denied" in failed(ground, begun, user=NOBODY).said
    ground.must_finish([begun])


def test_a_disk_that_is_really_full(ground: Ground, begun: Case) -> None:
    """A file system in memory with room for one checkpoint, where this machine lets us mount one."""
    on_disk, kept = replace(begun, out=ground.fresh()), replace(begun, out=ground.fresh())
    disk = ground.folder / on_disk.out
    disk.mkdir()
    used = sum(1 + path.stat().st_size // 4096 for path in (ground.folder / begun.out).rglob("*"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={4 * (used + 12)}k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us mount nothing")
    try:
        shutil.copytree(ground.folder / begun.out, disk, dirs_exist_ok=True)
        assert "No space left on device" in failed(ground, on_disk).said
        shutil.copytree(disk, ground.folder / kept.out)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    ground.must_finish([kept])


def test_prepared_data_that_a_full_disk_cut_short_are_never_used(ground: Ground) -> None:
    trace = ground.straight("export", "pictures").trace
    at = next(at for at, (what, path) in enumerate(trace) if what == "write" and path.startswith("cache"))
    case = ground.case("export", "pictures", at, "full")
    (ending,) = ground.suffer([case])
    assert "can't write to the cache" in ending.said
    assert [path for path in (ground.folder / case.out).rglob("*.npy") if not path.name.startswith(".")] == []
    ground.must_finish([case])
