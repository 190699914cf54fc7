"""A disk that fills up, permissions that are refused: one clear message, exit 1, and nothing that was saved is lost."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.reliability.conftest import Ground
from tests.reliability.ground import newest_whole, saved_by

FEW = 14
NOBODY = 65534


def some(trace: list[list[str]], count: int, *kinds: str) -> list[int]:
    """Operations of these kinds, spread over all that were done."""
    found = [at for at, (what, _) in enumerate(trace) if what in kinds]
    return random.Random(1).sample(found, min(count, len(found)))


@pytest.mark.parametrize("recipe", ["squares", "pictures"])
def test_full_from_some_operation_on(ground: Ground, recipe: str) -> None:
    trace = ground.straight("run", recipe).trace
    chosen = {ground.fresh(): at for at in some(trace[:-2], FEW // 2, "create", "write", "mkdir")}
    orders = [ground.order("run", recipe, out, at=at, fault="full") for out, at in chosen.items()]
    for (out, at), ending in zip(chosen.items(), ground.run(*orders), strict=True):
        in_cache = trace[at][1].startswith("cache")  # exit 2, as for all that is wrong with data
        assert ending.code == (2 if in_cache else 1), (trace[at], ending.said)
        assert "No space left on device" in ending.said.splitlines()[-2], ending.said
        assert "Traceback" not in ending.said
        assert newest_whole(ground.out(out)) >= saved_by(trace, at)
    ground.must_finish("run", recipe, list(chosen))


def test_refused_once(ground: Ground) -> None:
    """What does not matter for the result, such as removing an old checkpoint, is no failure."""
    trace = ground.straight("run", "squares").trace
    kinds = ("create", "write", "mkdir", "fsync", "rename", "unlink")
    chosen = {ground.fresh(): at for at in some(trace, FEW, *kinds)}
    orders = [ground.order("run", "squares", out, at=at, fault="refuse") for out, at in chosen.items()]
    for (out, at), ending in zip(chosen.items(), ground.run(*orders), strict=True):
        harmless = trace[at][0] == "unlink" or trace[at][1].endswith(".lock")
        assert ending.code in ((0, 1) if harmless else (1,)), (trace[at], ending.said)
        assert ending.code == 0 or "Permission denied" in ending.said
        assert "Traceback" not in ending.said
        assert newest_whole(ground.out(out)) >= saved_by(trace, at)
    ground.must_finish("run", "squares", list(chosen))


def begun(ground: Ground) -> str:
    """A run that was killed after its first checkpoint."""
    trace, out = ground.straight("train", "squares").trace, ground.fresh()
    first = next(at for at in range(len(trace)) if saved_by(trace, at) == 2)
    ground.run(ground.order("train", "squares", out, at=first + 1))
    assert newest_whole(ground.out(out)) == 2
    return out


def test_a_limit_on_the_size_of_files(ground: Ground) -> None:
    out = begun(ground)
    (ending,) = ground.run(ground.order("train", "squares", out, limit=8000, by_cli=True))
    assert ending.code == 1
    assert "can't write the checkpoint" in ending.said
    assert "step-4: File too large" in ending.said
    assert "the same command resumes from the one before" in ending.said
    assert newest_whole(ground.out(out)) == 2
    ground.must_finish("train", "squares", [out])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_folder_of_somebody_else(ground: Ground) -> None:
    out = begun(ground)
    ground.folder.chmod(0o755)
    (ending,) = ground.run(ground.order("train", "squares", out, user=NOBODY, by_cli=True))
    assert ending.code == 1, ending.said
    assert "Permission denied" in ending.said
    assert "Traceback" not in ending.said
    assert newest_whole(ground.out(out)) == 2
    ground.must_finish("train", "squares", [out])


def test_a_disk_that_is_really_full(ground: Ground) -> None:
    """A file system in memory with room for one checkpoint, where this machine lets us mount one."""
    out = begun(ground)
    disk, kept = ground.folder / "disk", ground.folder / f"{out}-kept"
    disk.mkdir()
    used = sum(1 + path.stat().st_size // 4096 for path in (ground.folder / out).rglob("*"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={4 * (used + 12)}k", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets us mount nothing")
    try:
        shutil.copytree(ground.folder / out, disk, dirs_exist_ok=True)
        (ending,) = ground.run(ground.order("train", "squares", "disk", by_cli=True))
        assert ending.code == 1, ending.said
        assert "No space left on device" in ending.said
        assert "Traceback" not in ending.said
        assert newest_whole(ground.out("disk")) == 2
        shutil.copytree(disk, kept)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    ground.must_finish("train", "squares", [kept.name])


def test_prepared_data_that_a_full_disk_cut_short_are_never_used(ground: Ground, tmp_path: Path) -> None:
    trace = ground.straight("run", "pictures").trace
    at = next(at for at, (what, path) in enumerate(trace) if what == "write" and path.startswith("cache"))
    out = ground.fresh()
    (ending,) = ground.run(ground.order("run", "pictures", out, at=at, fault="full"))
    assert "the cache can't be written" in ending.said
    assert [path for path in (ground.folder / out).rglob("*.npy") if not path.name.startswith(".")] == []
    ground.must_finish("run", "pictures", [out])
