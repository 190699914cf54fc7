from __future__ import annotations

import json
import os
import platform
import time
from pathlib import Path

import pytest

from bvtk import lockfiles
from bvtk.lockfiles import Owner, Watch, is_locked, lock_owner, read_owner
from bvtk.locks import file_lock
from tests.nodes import eventually, hold, needs_namespaces, unshare


def forge(path: Path, host: str = "node7", process: int = 1, beat: float = 0.02) -> Path:
    """A lock file as a process on another host leaves it when its machine dies."""
    path.write_text(json.dumps({"host": host, "process": process, "beat": beat}))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "-1",
        "99999999999999999999999",
        "\0\0",
        "[]",
        "{}",
        '{"host": 1, "process": 2, "beat": 1}',
        "[" * 999,
    ],
)
def test_a_damaged_lock_file_has_no_owner(tmp_path: Path, text: str) -> None:
    (tmp_path / "lock").write_text(text)
    assert lock_owner(tmp_path / "lock") is None
    assert not Watch().held(tmp_path / "lock")
    with file_lock(tmp_path / "lock"):
        assert lock_owner(tmp_path / "lock") == Owner(platform.node(), os.getpid())


def test_the_bare_number_of_earlier_versions_is_a_process_of_this_host(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"{os.getpid():<10}")
    assert lock_owner(tmp_path / "lock") == Owner(platform.node(), os.getpid())
    assert not Watch().held(tmp_path / "lock")  # nobody holds the lock itself


def test_owners_read_well_and_absurd_beats_are_bounded(tmp_path: Path) -> None:
    assert str(Owner("node7", 12)) == "process 12 on node7"
    found = [read_owner(forge(tmp_path / "lock", beat=beat))[0] for beat in (0, 5, 10**400)]
    assert [owner.beat for owner in found if owner] == [0.01, 5.0, 60.0]


def test_a_lock_is_seen_without_being_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_locked(path)
    assert not path.exists()
    with file_lock(path):
        assert is_locked(path)
        assert Watch().held(path)
        assert lock_owner(path) == Owner(platform.node(), os.getpid())
    assert not is_locked(path)
    assert not Watch().held(path)


def test_an_owner_on_another_host_is_dead_after_missing_its_beats(tmp_path: Path) -> None:
    path, watch = forge(tmp_path / "lock"), Watch()
    assert watch.held(path)
    began = time.monotonic()
    eventually(lambda: not watch.held(path))
    assert time.monotonic() - began >= 0.02 * lockfiles._MISSED
    assert not watch.held(path)


def test_an_owner_on_another_host_that_beats_is_alive_whatever_its_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    path, watch = forge(tmp_path / "lock", beat=2), Watch()
    for beat in range(20):
        os.utime(path, (beat, beat))  # a clock of 1970
        assert watch.held(path)
        now[0] += 15
    now[0] += 1
    assert not watch.held(path)
    os.utime(path, (1, 1))
    assert watch.held(path)


def test_two_observers_at_once_are_no_owners(tmp_path: Path) -> None:
    path = forge(tmp_path / "lock", host=platform.node(), process=10**9)
    with path.open() as file:
        lockfiles.system_lock(file.fileno(), wait=False, shared=True)
        assert not is_locked(path)


def test_a_process_in_another_namespace_is_seen_and_so_is_its_death(tmp_path: Path) -> None:
    """Promise 15."""
    needs_namespaces()
    path, watch = tmp_path / "lock", Watch()
    with hold(path, *unshare(host="node7")) as owner:
        found = lock_owner(path)
        assert found
        assert (found.host, found.process) == ("node7", 1)
        assert is_locked(path)
        assert watch.held(path)
        owner.kill()
    forge(path, beat=0.02)  # its record, with beats that are faster to miss
    eventually(lambda: not watch.held(path))
    assert not is_locked(path)
