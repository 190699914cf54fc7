"""Other machines, played by this one: processes with another host name and process numbers of their own.

Linux namespaces do this. Network and disks are shared, so locks of the file system hold between them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

DEADLINE = 180.0
"""Seconds after which a test gives up waiting, far more than a busy machine needs."""

HOLD = """
import sys, time
from pathlib import Path
from bvtk.locks import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
"""A program that holds a lock until its input ends or it is killed."""


def unshare(*command: str, host: str = "") -> list[str]:
    """A command in process and host namespaces of its own; killed with the process that starts it.

    Args:
        command: the command.
        host: the name of its host; by default the real one.
    """
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    name = f"hostname {host} && " if host else ""
    shell = ["sh", "-c", f'{name}exec "$@"', "sh", *command]
    return ["unshare", *as_root, "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", *shell]


@cache
def _can_unshare() -> bool:
    if sys.platform != "linux" or not shutil.which("unshare") or not shutil.which("hostname"):
        return False
    return subprocess.run(unshare("true", host="other"), capture_output=True, check=False).returncode == 0


def needs_namespaces() -> None:
    """Skips the test if this system does not allow namespaces."""
    if not _can_unshare():
        pytest.skip("unshare is not permitted here")


def start(command: list[str], **options: Any) -> subprocess.Popen[str]:
    """Starts a program with pipes."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **{**pipes, **options})


def hold(path: Any, *prefix: str) -> subprocess.Popen[str]:
    """Starts a process that holds a lock, and returns when it does."""
    process = start([*prefix, sys.executable, "-c", HOLD, str(path)])
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def eventually(true: Callable[[], Any]) -> Any:
    """Waits until a condition holds, and returns its value."""
    until = time.monotonic() + DEADLINE
    while not (found := true()):
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.01)
    return found
