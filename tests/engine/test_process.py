from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")


def test_threads_wait_passively_unless_the_user_chose(monkeypatch) -> None:
    code = (
        "import os; from bvtk.engine.process import prepare_process; prepare_process(); import sys;"
        "print(os.environ['OMP_WAIT_POLICY'], os.environ['GOMP_SPINCOUNT'], 'torch' in sys.modules)"
    )
    plain = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    for given, expected in (({}, "passive 0 False"), ({"OMP_WAIT_POLICY": "active"}, "active 0 False")):
        done = subprocess.run(
            [sys.executable, "-c", code], env=plain | given, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [("", "false\n"), ("import torch; ", "UsageError: torch was imported with OMP_DYNAMIC=TRUE")],
)
def test_openmp_keeps_its_number_of_threads(before: str, expected: str) -> None:
    """With `OMP_DYNAMIC=true`, bf16 gradients on the CPU were wrong by their whole size."""
    code = f"import os; from bvtk.engine.process import prepare_process; {before}prepare_process()"
    command = [sys.executable, "-c", f"{code}; print(os.environ['OMP_DYNAMIC'])"]
    done = subprocess.run(
        command, env=os.environ | {"OMP_DYNAMIC": "TRUE"}, capture_output=True, text=True, check=False
    )
    assert expected in done.stdout + done.stderr


@pytest.mark.skipif(not AUTOGROUP.is_file(), reason="the system does not group processes by session")
@pytest.mark.parametrize(("session", "found"), [(True, "nice 7"), (False, "nice 0")])
def test_a_session_is_as_nice_as_its_first_process(session: bool, found: str) -> None:
    """Sessions compete by their own niceness, so that `nice bvtk sweep` would be without effect."""
    code = "from bvtk.engine.process import prepare_process as p; p(); print(open('/proc/self/autogroup').read())"
    command = ["nice", "-n", "7", sys.executable, "-c", code]
    if not session:  # a child of a session that is not nice
        command = ["sh", "-c", 'nice -n 7 "$@"; true', "sh", *command[3:]]
    done = subprocess.run(command, start_new_session=True, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith(found)
