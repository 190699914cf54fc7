from __future__ import annotations

import os
import subprocess
import sys


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
