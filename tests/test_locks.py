from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bvtk import lockfiles, locks
from bvtk.errors import BvtkError
from bvtk.lockfiles import Owner, is_locked, lock_owner
from bvtk.locks import LockLostError, LockTakenError, file_lock
from tests.nodes import DEADLINE, HOLD, eventually, hold, needs_namespaces, start, unshare
from tests.test_lockfiles import forge


def test_a_lock_names_its_owner_and_dies_with_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with hold(path) as owner:
        assert json.loads(path.read_text()) == {"host": platform.node(), "process": owner.pid, "beat": 2.0}
        with pytest.raises(LockTakenError, match=f"process {owner.pid} on {platform.node()}") as error, file_lock(path):
            pass
        assert error.value.owner == Owner(platform.node(), owner.pid)
        owner.kill()
        with file_lock(path, wait=True):
            assert lock_owner(path) == Owner(platform.node(), os.getpid())
    assert lock_owner(path) is None
    assert path.read_bytes() == b""


def test_two_blocks_of_one_process_keep_each_other_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path), pytest.raises(LockTakenError), file_lock(path):
        pass
    with file_lock(path):
        pass


def test_all_starters_but_one_name_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with file_lock(path):
        starters = [start([sys.executable, "-c", HOLD, str(path)]) for _ in range(4)]
        errors = [starter.communicate(timeout=180)[1] for starter in starters]
    assert all(f"locked by process {os.getpid()} on" in error for error in errors)


def test_an_observer_that_holds_the_lock_for_a_moment_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "_PATIENCE", DEADLINE)
    path = tmp_path / "lock"
    path.touch()
    observer = path.open()
    locks.system_lock(observer.fileno(), wait=False, shared=True)
    threading.Timer(0.2, observer.close).start()
    with file_lock(path):
        assert observer.closed


def test_the_owner_beats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "BEAT", 0.02)
    path = tmp_path / "lock"
    with file_lock(path):
        for _ in range(3):
            before = path.stat().st_mtime_ns
            eventually(lambda before=before: path.stat().st_mtime_ns != before)
    assert not any(thread.name == "bvtk-lock" for thread in threading.enumerate())


def test_a_dead_owner_on_another_host_is_succeeded(tmp_path: Path) -> None:
    path = forge(tmp_path / "lock")
    with file_lock(path):
        assert lock_owner(path) == Owner(platform.node(), os.getpid())


def test_a_starter_that_does_not_wait_is_refused_within_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the other host is dead is clear only after 8 beats of 60 seconds."""
    monkeypatch.setattr(locks, "_PATIENCE", 0.05)
    path = forge(tmp_path / "lock", beat=60)
    began = time.monotonic()
    with pytest.raises(LockTakenError, match="process 1 on node7"), file_lock(path):
        pass
    assert time.monotonic() - began < 60
    assert json.loads(path.read_text())["host"] == "node7"


def test_a_living_owner_on_another_host_keeps_others_out_without_a_lock_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On file systems that keep locks to one host, both hosts can take them. Here their clocks differ by years, too."""
    monkeypatch.setattr(locks, "_PATIENCE", 0.05)
    path, stop = forge(tmp_path / "lock", beat=15), threading.Event()

    def beat() -> None:
        number = 0
        while not stop.wait(0.02):
            number += 1
            os.utime(path, (number, number))

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(LockTakenError, match="process 1 on node7"), file_lock(path):
            pass
        assert not is_locked(path)
        threading.Timer(0.5, lambda: (stop.set(), path.write_text(""))).start()
        with file_lock(path, wait=True):
            assert stop.is_set()
    finally:
        stop.set()
        thread.join()


def test_a_process_in_another_namespace_is_named_by_host_and_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 15."""
    needs_namespaces()
    monkeypatch.setattr(lockfiles, "_MISSED", 1)  # the dead are dead after one beat, and the living hold the lock
    path = tmp_path / "lock"
    with hold(path, *unshare(host="node7")) as owner:
        with pytest.raises(LockTakenError, match="locked by process 1 on node7"), file_lock(path):
            pass
        owner.kill()
    os.utime(path, (0, 0))  # as if it had been dead for long
    with hold(path, *unshare()) as owner:  # its number means nothing here, though the host's name is the same
        with pytest.raises(LockTakenError, match=f"locked by process 1 on {platform.node()}"), file_lock(path):
            pass
        owner.kill()
    with file_lock(path, wait=True):
        pass


def test_a_forked_child_does_not_keep_the_lock_of_a_dead_parent(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = f"""
import os, time
from pathlib import Path
from bvtk.locks import file_lock
with file_lock(Path({str(path)!r})):
    if os.fork():
        os.kill(os.getpid(), 9)
    print(os.getpid(), flush=True)
    time.sleep(1000)
"""
    with start([sys.executable, "-c", program]) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            assert parent.wait() == -signal.SIGKILL
            with file_lock(path):
                os.kill(child, 0)  # alive
                assert lock_owner(path) == Owner(platform.node(), os.getpid())
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_forked_child_that_leaves_the_block_leaves_the_lock_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = f"""
import os, sys
from pathlib import Path
from bvtk.locks import file_lock
with file_lock(Path({str(path)!r})):
    if not (child := os.fork()):
        sys.exit()
    os.waitpid(child, 0)
    print("waited", flush=True)
    sys.stdin.read()
"""
    with start([sys.executable, "-c", program]) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "waited\n"
        assert is_locked(path)
        assert lock_owner(path) == Owner(platform.node(), parent.pid)
        parent.communicate()
    assert lock_owner(path) is None


@pytest.mark.parametrize("how", ["removed", "replaced", "folder removed", "folder moved"])
def test_a_lock_file_that_is_gone_is_noticed(tmp_path: Path, how: str) -> None:
    path = tmp_path / "run" / "lock"
    path.parent.mkdir()
    with file_lock(path) as lock:
        lock.check()
        if how == "folder moved":
            path.parent.rename(tmp_path / "elsewhere")
        elif how == "folder removed":
            shutil.rmtree(path.parent)
        else:
            path.unlink()
        if how == "replaced":
            with file_lock(path) as second:
                second.check()
                with pytest.raises(LockLostError):
                    lock.check()
        with pytest.raises(LockLostError, match="was removed or replaced while it was in use") as caught:
            lock.check()
    assert caught.value.exit_code == 1


def test_what_can_not_be_opened_is_an_error_and_not_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(BvtkError, match="cannot open the lock file"), file_lock(tmp_path / "nowhere" / "lock"):
        pass
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BvtkError, match="not a regular file"), file_lock(tmp_path / "pipe"):
        pass
    assert lock_owner(tmp_path / "pipe") is None
    assert not is_locked(tmp_path / "pipe")


def test_a_lock_file_that_is_a_hard_link_keeps_its_twin(tmp_path: Path) -> None:
    (tmp_path / "twin").write_text("precious")
    os.link(tmp_path / "twin", tmp_path / "lock")
    with pytest.raises(BvtkError, match="it is a hard link to another file"), file_lock(tmp_path / "lock"):
        pass
    assert (tmp_path / "twin").read_text() == "precious"


def test_a_signal_ends_the_wait_for_a_dead_owner(tmp_path: Path) -> None:
    path = forge(tmp_path / "lock", beat=60)
    with start([sys.executable, "-c", HOLD.replace("[1])", "[1]), wait=True"), str(path)]) as starter:
        eventually(lambda: is_locked(path))
        starter.send_signal(signal.SIGINT)
        _, said = starter.communicate(timeout=180)
    assert "KeyboardInterrupt" in said
    assert starter.returncode != 0
    assert json.loads(path.read_text())["host"] == "node7"


def test_a_child_that_is_executed_does_not_keep_the_lock(tmp_path: Path) -> None:
    with file_lock(tmp_path / "lock"):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert not is_locked(tmp_path / "lock")
    finally:
        child.communicate(b"\n")


def test_a_lock_that_another_host_took_as_well_is_lost(tmp_path: Path) -> None:
    """Where the file system keeps locks to one host, two hosts that start at the same moment both get it."""
    path = tmp_path / "lock"
    with file_lock(path) as lock:
        lock.check()
        forge(path)
        with pytest.raises(LockLostError):
            lock.check()
    assert json.loads(path.read_text())["host"] == "node7"  # its name stays, so a third host does not start as well


def test_a_full_disk_costs_the_name_and_not_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = forge(tmp_path / "lock", host=platform.node(), process=10**9)
    monkeypatch.setattr(os, "write", full)
    with file_lock(path) as lock:
        lock.check()
        assert is_locked(path)
        assert lock_owner(path) is None
