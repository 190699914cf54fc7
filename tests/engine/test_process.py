from __future__ import annotations

import os
import subprocess
import sys

import pytest


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
